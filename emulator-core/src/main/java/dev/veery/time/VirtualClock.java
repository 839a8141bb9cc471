package dev.veery.time;

/**
 * The machine's time in nanoseconds since it was created. Devices read time and arm timers here and nowhere else, so
 * that a test can step a manual clock.
 */
public interface VirtualClock {
    /** Nanoseconds per second. */
    long SECOND = 1_000_000_000L;

    /** The current virtual time, never decreasing, at least 0. */
    long nanos();

    /**
     * Makes a timer, not armed.
     *
     * @param onExpire called once per expiry, with the machine lock held; it may arm the timer again
     */
    VmTimer newTimer(String name, Runnable onExpire);
}
