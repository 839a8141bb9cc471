/**
 * The programmable interval timer (Intel 82C54 data sheet, 231244-006) at 1.193182 MHz with the NMI status and control
 * port 61h of the ICH9 (Intel I/O Controller Hub 9 data sheet, 316972-004, NMI_SC).
 *
 * <p>Modelled: three counters, modes 0 to 5, binary and BCD, all access modes, counter latch, read-back of count and
 * status, null count, gates; channel 2's gate and output and the refresh toggle in port 61h. Counts are exact for any
 * moment: they are computed from the clock, not stepped.
 *
 * <p>Not modelled: sound from the speaker, NMI sources of port 61h (its enable bits are latches).
 */
@NullMarked
package dev.veery.device.pit;

import org.jspecify.annotations.NullMarked;
