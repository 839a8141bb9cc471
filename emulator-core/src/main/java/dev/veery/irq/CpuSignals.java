package dev.veery.irq;

/** The pins and messages by which a local APIC reaches its processor. May be called from any thread. */
public interface CpuSignals {
    /** The APIC may have an interrupt to deliver now: look at {@link LocalApic#pendingVector()} soon, and leave HLT. */
    void interruptRequested();

    /** A non-maskable interrupt. */
    void nmi();

    /** INIT: back to the reset state, waiting for a start-up IPI unless this is the bootstrap processor. */
    void init();

    /** A start-up IPI: begin in real mode at {@code vector << 12}; ignored unless waiting for one. */
    void startup(int vector);
}
