package dev.veery.cpu.state;

import dev.veery.irq.LocalApic;

/**
 * What a processor reaches outside itself and its memory: port space, its local APIC, time, and the requests it makes of
 * the machine. Cold paths only. The implementation takes the machine lock where devices are touched.
 */
public interface CpuEnv {
    /** IN. Sizes 1, 2, 4. */
    int in(int port, int size);

    /** OUT. */
    void out(int port, int size, int value);

    /** The machine's time-stamp counter before this processor's offset. */
    long tsc();

    /** The local APIC; the caller holds the lock by {@link #lock()}. */
    LocalApic apic();

    /** Takes the machine lock. */
    void lock();

    /** Releases the machine lock. */
    void unlock();

    /** The features this processor shows. */
    CpuModel model();

    /** A random number, for RDRAND and RDSEED. */
    long random();

    /** Who is told what the processor does. */
    default ExecutionTrace trace() {
        return ExecutionTrace.NONE;
    }

    /** A fault could not be delivered (SDM vol. 3, section 6.15): the processor shuts down. */
    void tripleFault();

    /** The TLB or the translation of code changed: cached translations of linear code addresses are stale. */
    void codeTranslationChanged();

    /**
     * Stops the other processors between two of their instructions, for what the host cannot do in one step; until
     * {@link #endExclusive}. The caller does not hold the machine lock, and looks up translations afterwards.
     */
    default void beginExclusive() {}

    /** Lets the others go on. */
    default void endExclusive() {}

    /** Whether {@link #compareAndSet16(long, long, long, long, long)} is atomic. */
    default boolean compareAndSet16() {
        return false;
    }

    /** Replaces 16 bytes at an aligned host address if they are as expected; a full fence. */
    default boolean compareAndSet16(long host, long expectedLow, long expectedHigh, long low, long high) {
        throw new IllegalStateException("not offered");
    }

    /** PAUSE: the processor is waiting for another one. */
    default void pause() {}
}
