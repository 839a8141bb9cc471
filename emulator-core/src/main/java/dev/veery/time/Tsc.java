package dev.veery.time;

/** The invariant time-stamp counter of the machine: virtual time in units of {@link #HZ}. */
public final class Tsc {
    /**
     * Ticks per second. One tick a nanosecond keeps both conversions exact; CPUID leaf 15h tells the guest, so it does
     * not have to measure.
     */
    public static final long HZ = 1_000_000_000L;

    private Tsc() {}

    /** The count at virtual time {@code nanos}. */
    public static long fromNanos(long nanos) {
        return nanos;
    }

    /** The virtual time at which the counter reads {@code ticks}. */
    public static long toNanos(long ticks) {
        return ticks;
    }
}
