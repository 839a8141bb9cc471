/**
 * The keyboard controller at ports 60h and 64h, with a PS/2 keyboard and a PS/2 mouse.
 *
 * <p>Sources: IBM PS/2 Hardware Interface Technical Reference (1988), "Keyboard and Auxiliary Device Controller" and
 * "Keyboard"; Microsoft's description of the IntelliMouse and IntelliMouse Explorer protocols. Modelled: the command set
 * of the controller with its command byte, output port (A20 gate, processor reset), loops and tests; translation of scan
 * code set 2; both interrupts, one edge for each byte; the commands of keyboard and mouse that operating systems send,
 * wheel and extra buttons included.
 *
 * <p>Not modelled: the serial lines' pace and errors, passwords, scan code set 3, the keyboard's own key repeat (the host
 * repeats) and the light of its LEDs, which are kept for whoever shows them.
 */
@NullMarked
package dev.veery.device.i8042;

import org.jspecify.annotations.NullMarked;
