/**
 * The local APIC of an x86 processor: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, chapter
 * "Advanced Programmable Interrupt Controller (APIC)" (325384-079), cited here as SDM 11.x.
 *
 * <p>Modelled: xAPIC and x2APIC modes and the transitions of IA32_APIC_BASE, relocation, priorities, fixed and
 * lowest-priority delivery, NMI, INIT, start-up IPIs and all shorthands, flat and cluster logical destinations, ExtINT
 * and NMI on LINT0 and LINT1, error reporting, and the timer in its three modes. The timer's bus clock is 1 GHz, as
 * in QEMU: one tick a nanosecond at a divisor of 1.
 *
 * <p>Not modelled: SMI (accepted and dropped, there is no system-management mode), the bus protocol errors of the P6
 * (checksum, accept), EOI-broadcast suppression and the CMCI entry (not advertised), sources behind the thermal and
 * performance entries (the entries are latches).
 */
@NullMarked
package dev.veery.device.lapic;

import org.jspecify.annotations.NullMarked;
