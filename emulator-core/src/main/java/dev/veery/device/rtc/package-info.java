/**
 * The MC146818A real-time clock with the 256 bytes of CMOS memory of a PC chipset.
 *
 * <p>Sources: Motorola MC146818A data sheet (1984), cited by section name; Intel I/O Controller Hub 9 data sheet 13.6 for
 * the second bank at ports 72h and 73h. Modelled: calendar in BCD or binary, 12 or 24 hours, with the century in byte 32h
 * as ACPI tells the guest; alarm with don't-care codes; periodic, alarm and update-ended interrupts; the update cycle with
 * its UIP window; SET and the divider reset with their phase.
 *
 * <p>Not modelled: the square-wave pin, daylight saving (its bit is only a latch), time bases other than 32.768 kHz and
 * the undefined contents of the time registers inside an update cycle, which read as before the update.
 */
@NullMarked
package dev.veery.device.rtc;

import org.jspecify.annotations.NullMarked;
