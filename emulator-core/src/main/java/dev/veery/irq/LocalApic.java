package dev.veery.irq;

/**
 * What a processor needs from its local APIC. Called by the vCPU with the machine lock held, except
 * {@link #hasInterrupt()}.
 */
public interface LocalApic {
    /** Whether {@link #acknowledge()} would yield a vector. A volatile read, callable from any thread. */
    boolean hasInterrupt();

    /** The vector that {@link #acknowledge()} would yield, or -1. */
    int pendingVector();

    /** The INTA cycle: moves the highest pending vector into service, or asks the 8259 for an ExtINT; -1 if none is left. */
    int acknowledge();

    /** CR8: the task-priority class, 0 to 15. */
    int cr8();

    /** Writes CR8. */
    void setCr8(int value);

    /** IA32_APIC_BASE. */
    long base();

    /** Writes IA32_APIC_BASE; false for a transition or reserved bit that raises #GP. */
    boolean setBase(long value);

    /** IA32_TSC_DEADLINE; 0 when not armed or not in that mode. */
    long tscDeadline();

    /** Writes IA32_TSC_DEADLINE, in ticks of {@link dev.veery.time.Tsc} (the guest's TSC offset already removed). */
    void setTscDeadline(long ticks);

    /** Whether x2APIC mode is on, so that MSRs 800h to 8FFh exist. */
    boolean x2apic();

    /** Whether {@code msr} (800h to 8FFh) may be read in x2APIC mode. */
    boolean msrReadable(int msr);

    /** Reads an x2APIC MSR that {@link #msrReadable} allows. */
    long readMsr(int msr);

    /** Writes an x2APIC MSR; false for one that raises #GP (read-only, unknown, reserved bits set). */
    boolean writeMsr(int msr, long value);

    /** INIT: as a reset, but the APIC id and base stay. */
    void init();
}
