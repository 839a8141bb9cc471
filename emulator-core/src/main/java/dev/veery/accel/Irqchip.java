package dev.veery.accel;

import dev.veery.irq.EoiListener;
import dev.veery.irq.ExtIntSource;
import dev.veery.irq.IrqLine;
import dev.veery.irq.RemoteApics;
import dev.veery.irq.SignalTarget;
import org.jspecify.annotations.Nullable;

/**
 * Interrupt controllers inside an accelerator: the local APICs of all processors and, where it is {@link #complete}, the
 * 8259 pair and the I/O APIC too, their ports and register windows included. The board wires them before it makes
 * processors. Called with the machine lock held.
 */
public interface Irqchip {
    /** Whether 8259s and I/O APIC are here as well; else the board has its own. */
    boolean complete();

    /** Where messages to local APICs go. */
    RemoteApics localApics();

    /** Where signals of the host's kernel can be turned into interrupts without this program; null if nowhere. */
    default @Nullable SignalTarget signals() {
        return null;
    }

    /** Makes the 8254 that takes the place of the board's, once; null if there is none. Only if {@link #complete}. */
    default @Nullable IntervalTimer intervalTimer() {
        return null;
    }

    /**
     * Back to power-on, local APICs included. The processors are stopped.
     */
    void reset();

    /**
     * Puts the local APIC of processor 0 into virtual wire mode, as firmware leaves it: 8259 interrupts on LINT0, NMI on
     * LINT1. The processors are stopped.
     */
    void enterVirtualWire();

    /**
     * Wires the board's own 8259 pair and I/O APIC. Only if not {@link #complete}.
     *
     * @param pic who answers the INTA cycles of processor 0
     * @param ends who hears that a level-triggered interrupt has ended; called with the machine lock held
     * @return the wire that the 8259s' INT output drives
     */
    IrqLine connectBoard(ExtIntSource pic, EoiListener ends);

    /**
     * Makes an interrupt wire. Only if {@link #complete}; while the board is wired.
     *
     * @param number of the wire, each once
     * @param picInput the input of the 8259 pair that it drives, 0 to 15, or -1
     * @param ioApicInput the input of the I/O APIC that it drives
     */
    IrqLine wire(int number, int picInput, int ioApicInput);

    /**
     * Initialises the 8259 pair. Only if {@link #complete}; the processors are stopped.
     *
     * @param masterVectors the first vector of inputs 0 to 7
     * @param slaveVectors the first vector of inputs 8 to 15
     * @param masks the mask registers, the slave's in bits 15 to 8
     * @param levels the edge/level registers, the second one in bits 15 to 8
     */
    void initPics(int masterVectors, int slaveVectors, int masks, int levels);
}
