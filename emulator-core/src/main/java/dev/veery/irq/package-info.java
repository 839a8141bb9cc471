/**
 * Interrupts between chips: wires, messages, and what a processor and its local APIC need of each other. {@link
 * dev.veery.irq.InterruptBus} joins local APICs, I/O APICs and message writes (Intel SDM vol. 3, chapter 11); an interrupt
 * remapping unit would stand between the senders of {@link dev.veery.irq.MsiSink} and that bus.
 */
@NullMarked
package dev.veery.irq;

import org.jspecify.annotations.NullMarked;
