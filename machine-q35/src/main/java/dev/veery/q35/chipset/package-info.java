/**
 * The chips of the Q35 chip set: Intel 3 Series Express Chipset Family datasheet (316966-002), the memory controller hub,
 * and Intel I/O Controller Hub 9 Family datasheet (316972-004), functions D31:F0 (LPC bridge, power management) and
 * D31:F3 (SMBus host controller).
 *
 * <p>Modelled: configuration space window, programmable attribute map, SMRAM visibility, PIRQ routing to the 8259s and
 * the I/O APIC, ACPI fixed hardware, reset control, root complex registers, an SMBus without devices. Latches only: GPIO,
 * LPC decode ranges, SMI enables, TCO watchdog (never expires). Not modelled: system management mode, the graphics and PCI
 * Express functions, AHCI, USB.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.q35.chipset;
