package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.config.RtcOptions;
import dev.veery.config.RtcOptions.Base;
import dev.veery.config.RtcOptions.Source;
import dev.veery.time.ManualClock;
import dev.veery.time.VirtualClock;
import dev.veery.time.WallClock;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuestDateTest {
    private static final long SUMMER = 1_783_000_000L;

    private final ManualClock clock = new ManualClock();
    private long hostSeconds;

    @BeforeEach
    void runForAWhile() {
        clock.advance(5 * VirtualClock.SECOND);
        hostSeconds = SUMMER;
    }

    private WallClock date(Base base, @Nullable LocalDateTime start, Source source) {
        WallClock host = () -> hostSeconds * VirtualClock.SECOND;
        return GuestDate.of(new RtcOptions(base, start, source), host, clock, () -> ZoneId.of("Europe/Berlin"));
    }

    @Test
    void localTimeIsAheadByTheZonesOffsetOfThatDay() {
        assertEquals(SUMMER + 7200, date(Base.LOCALTIME, null, Source.HOST).epochSeconds());
    }

    @Test
    void aGivenDateAdvancesWithTheHost() {
        WallClock date = date(Base.DATE, LocalDateTime.of(1970, 1, 2, 0, 0), Source.HOST);
        hostSeconds += 10;
        clock.advance(3 * VirtualClock.SECOND);
        assertEquals(86_400 + 10, date.epochSeconds());
    }

    @Test
    void aDateOfTheMachinesOwnTimeStandsStillWithIt() {
        WallClock date = date(Base.UTC, null, Source.VM);
        hostSeconds += 10;
        assertEquals(SUMMER, date.epochSeconds());
        clock.advance(3 * VirtualClock.SECOND);
        assertEquals(SUMMER + 3, date.epochSeconds());
    }
}
