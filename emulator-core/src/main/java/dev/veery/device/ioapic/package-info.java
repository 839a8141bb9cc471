/**
 * An I/O APIC (Intel 82093AA data sheet, 290566-001) as chipsets since the ICH2 contain it: version 20h with an EOI
 * register (Intel I/O Controller Hub 9 data sheet, 316972-004, chapter 13, APIC registers), 24 pins, and messages on the system bus in
 * the form of MSI writes, so that interrupt remapping can stand in their way.
 *
 * <p>Modelled: redirection entries with all 64 bits, edge and level triggering, remote IRR, masking, EOI broadcast and EOI
 * register. An entry's extended destination bits 63:48 reach the message's address bits 19:4, which is the remappable
 * format of VT-d 5.1.5.1 when bit 48 is set.
 *
 * <p>Not modelled: pin polarity (lines are logical: high means asserted), the APIC serial bus and its arbitration.
 */
@NullMarked
package dev.veery.device.ioapic;

import org.jspecify.annotations.NullMarked;
