/**
 * The device that kvm-unit-tests drive a PC emulator with.
 *
 * <p>Source: QEMU's {@code pc-testdev} as kvm-unit-tests use it. Modelled: the latch at ports E0h and E8h, the page flush
 * at E4h, the interrupt lines at 2000h, the latch memory at FF000000h.
 */
@NullMarked
package dev.veery.device.testdev;

import org.jspecify.annotations.NullMarked;
