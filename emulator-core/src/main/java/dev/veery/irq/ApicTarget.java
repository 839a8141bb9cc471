package dev.veery.irq;

/** A local APIC as the interrupt bus sees it. Called with the machine lock held. */
public interface ApicTarget {
    /**
     * Whether this APIC is on the bus and a message addresses it.
     *
     * @param dest 32-bit destination; {@link InterruptBus#BROADCAST} addresses every APIC in both modes
     * @param logical logical (LDR) rather than physical (APIC id) destination mode
     */
    boolean matches(int dest, boolean logical);

    /** Whether fixed and lowest-priority messages are accepted: software-enabled by SVR. */
    boolean acceptsFixed();

    /** The processor priority that lowest-priority arbitration compares, 0 to 255. */
    int processorPriority();

    /**
     * Takes a message.
     *
     * @param mode one of the delivery modes of {@link InterruptBus}
     * @param vector 0 to 255; the start page for {@link InterruptBus#STARTUP}
     * @param level level-triggered: the end of interrupt is broadcast back to the bus
     */
    void accept(int mode, int vector, boolean level);
}
