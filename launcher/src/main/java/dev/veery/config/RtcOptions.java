package dev.veery.config;

import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;

/**
 * The clock of the guest's real-time clock.
 *
 * @param base what it starts from
 * @param start the date and time to start from, if {@code base} says so
 * @param source what makes it advance
 */
public record RtcOptions(Base base, @Nullable LocalDateTime start, Source source) {
    /** Values of {@code base}. */
    public enum Base {
        /** The host's time, in UTC. */
        UTC,
        /** The host's local time. */
        LOCALTIME,
        /** A given date and time. */
        DATE
    }

    /** Values of {@code clock}. */
    public enum Source {
        /** The host's time of day, with its adjustments. */
        HOST,
        /** The machine's own time, which stops with it. */
        VM
    }

    /** As without the option. */
    public static final RtcOptions DEFAULT = new RtcOptions(Base.UTC, null, Source.HOST);
}
