/**
 * The 16550A UART.
 *
 * <p>Source: National Semiconductor PC16550D data sheet (June 1995), cited by section. Modelled: all registers, the
 * receive FIFO with its trigger levels, per-character errors and character timeout, interrupt priorities and the way each
 * interrupt is cleared, loopback, break, the divisor latch as far as it times the character timeout, and the PC's wiring
 * of OUT2 as the gate of the interrupt line.
 *
 * <p>Not modelled: the pace of the line. A transmitted character leaves at once, so the transmitter is always empty, and
 * input arrives as fast as the guest reads it; the host is held back while the receiver is full, so input never overruns.
 * The factory test writes to LSR and MSR are ignored, and DMA mode only exists as a bit.
 */
@NullMarked
package dev.veery.device.serial;

import org.jspecify.annotations.NullMarked;
