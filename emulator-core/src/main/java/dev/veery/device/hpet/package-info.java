/**
 * The high-precision event timer block of the ICH9 as QEMU presents it (IA-PC HPET Specification, revision 1.0a): three
 * timers on a 64-bit counter at 100 MHz, all periodic-capable and 64 bits wide, with legacy replacement routing.
 *
 * <p>Modelled: the main counter, one-shot and periodic comparators in 32 and 64-bit mode, VAL_SET, edge and level
 * interrupts with status bits, I/O APIC routing, legacy replacement including the gates on the outputs of the 8254
 * and the real-time clock.
 *
 * <p>Not modelled: FSB (message) delivery, which is not advertised. A comparator written with a value that has just
 * passed expires at once, as in QEMU, instead of after the counter's next wrap.
 */
@NullMarked
package dev.veery.device.hpet;

import org.jspecify.annotations.NullMarked;
