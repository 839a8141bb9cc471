package dev.veery.time;

/** Deadlines of periodic hardware timers: always on the grid the guest programmed, however late the host is. */
public final class TimerGrid {
    /**
     * The shortest distance between two expiries, in nanoseconds. A guest may program a period of one tick; the host
     * must not spend itself on ticks that nobody can take.
     */
    public static final long MIN_INTERVAL = 20_000;

    private TimerGrid() {}

    /**
     * The deadline after {@code previous}: one period on, or the first later grid point that is still ahead. Missed
     * points are skipped, not made up for in a burst: their interrupts would only merge.
     *
     * @param previous the deadline that expired, in nanoseconds
     * @param period nanoseconds, at least 1
     * @param now nanoseconds, not before {@code previous}
     */
    public static long next(long previous, long period, long now) {
        long next = previous + period;
        long earliest = now + (period < MIN_INTERVAL ? MIN_INTERVAL : 1);
        if (next >= earliest) {
            return next;
        }
        return previous + (earliest - previous + period - 1) / period * period;
    }
}
