/**
 * Two cascaded Intel 8259A interrupt controllers (8259A data sheet, order number 231468-003) with the edge/level control
 * registers of the ICH9 (Intel I/O Controller Hub 9 data sheet, 316972-004, chapter 13, 8259 interrupt controller registers).
 *
 * <p>Modelled: ICW1 to ICW4, OCW1 to OCW3, fixed and rotating priority, automatic EOI, special mask mode, special fully
 * nested mode, poll, both read-back registers, level triggering by LTIM or ELCR, and spurious IRQ7 and IRQ15.
 *
 * <p>Not modelled: MCS-80/85 mode (a PC always sets the 8086 bit of ICW4), buffered mode, a slave identity other than 2.
 */
@NullMarked
package dev.veery.device.pic;

import org.jspecify.annotations.NullMarked;
