/**
 * System control port A, port 92h: the fast ways to the A20 gate and to INIT.
 *
 * <p>Source: Intel I/O Controller Hub 9 data sheet, 13.7 PORT92. Modelled whole; the reserved bits are latches, as the
 * PS/2's lock and disk-light bits were.
 */
@NullMarked
package dev.veery.device.port92;

import org.jspecify.annotations.NullMarked;
