package dev.veery.accel;

import dev.veery.cpu.state.CpuState;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.LocalApic;

/** One virtual processor with a thread of its own. */
public interface Vcpu extends AutoCloseable {
    /** Index in the machine. */
    int index();

    /** Connects the local APIC; once, before {@link #start}. */
    void connect(LocalApic apic);

    /** The pins by which the APIC and the board reach the processor; usable at once. */
    CpuSignals signals();

    /** Lets the processor run; does nothing while it runs. */
    void start();

    /** Stops between two instructions and returns when the thread has stopped; it may be started again. */
    void stop();

    /**
     * Asks for a stop without waiting; for use on the vCPU's own thread, with the machine lock held, or from a signal
     * handler.
     */
    void requestStop();

    /**
     * The registers, to be read and changed while the processor is stopped. After a change call {@link #stateChanged()}.
     */
    CpuState state();

    /** Everything derived from the registers is recomputed; translations are dropped. */
    void stateChanged();

    /** The power-on state (SDM vol. 3, table 9-1). Only while stopped. */
    void reset();

    /** What a debugger wants; holds until it is changed. Only while stopped; {@link VcpuListener#debugged} tells. */
    void setDebug(GuestDebug debug);

    /** The A20 line. May be called while running, with the machine lock held. */
    void setA20(boolean enabled);

    /** The number of its thread on the host, the same from the first start on, for pinning; 0 where it is not known. */
    default int hostThread() {
        return 0;
    }

    /** Instructions executed since creation; approximate while running. */
    long instructions();

    /** Stops and frees. */
    @Override
    void close();
}
