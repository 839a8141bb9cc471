package dev.veery.runtime;

import dev.veery.config.RtcOptions;
import dev.veery.time.VirtualClock;
import dev.veery.time.WallClock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.function.Supplier;

/** The date that the guest's real-time clock shows. */
final class GuestDate {
    private GuestDate() {}

    /**
     * The clock that {@code options} describe.
     *
     * @param host the host's time of day
     * @param zone the host's time zone, which takes long to find out and is asked for only if it matters
     */
    static WallClock of(RtcOptions options, WallClock host, VirtualClock clock, Supplier<ZoneId> zone) {
        long now = host.epochNanos();
        long offset = 0;
        switch (options.base()) {
            case LOCALTIME:
                Instant instant = Instant.ofEpochSecond(Math.floorDiv(now, VirtualClock.SECOND));
                offset = zone.get().getRules().getOffset(instant).getTotalSeconds() * VirtualClock.SECOND;
                break;
            case DATE:
                LocalDateTime start = Objects.requireNonNull(options.start());
                offset = start.toEpochSecond(ZoneOffset.UTC) * VirtualClock.SECOND + start.getNano() - now;
                break;
            default:
                break;
        }
        if (options.source() == RtcOptions.Source.VM) {
            return WallClock.virtual(clock, now + offset - clock.nanos());
        }
        if (offset == 0) {
            return host;
        }
        long shift = offset;
        return () -> host.epochNanos() + shift;
    }
}
