package dev.veery.time;

/** The time of day, which the RTC shows. */
@FunctionalInterface
public interface WallClock {
    /** Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted; may jump when the host's clock is set. */
    long epochNanos();

    /** {@link #epochNanos} in whole seconds, rounded down. */
    default long epochSeconds() {
        return Math.floorDiv(epochNanos(), VirtualClock.SECOND);
    }

    /** The host's time of day. */
    static WallClock host() {
        return () -> {
            java.time.Instant now = java.time.Instant.now();
            return now.getEpochSecond() * VirtualClock.SECOND + now.getNano();
        };
    }

    /** A time of day that was {@code epochNanos} at virtual time 0 and runs, and stands still, with {@code clock}. */
    static WallClock virtual(VirtualClock clock, long epochNanos) {
        return () -> epochNanos + clock.nanos();
    }
}
