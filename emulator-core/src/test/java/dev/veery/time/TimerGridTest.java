package dev.veery.time;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TimerGridTest {
    @Test
    void lateExpiryDoesNotMoveTheGrid() {
        assertEquals(2_000_000, TimerGrid.next(1_000_000, 1_000_000, 1_700_000));
    }

    @Test
    void missedPointsAreSkipped() {
        assertEquals(6_000_000, TimerGrid.next(1_000_000, 1_000_000, 5_999_999));
        assertEquals(7_000_000, TimerGrid.next(1_000_000, 1_000_000, 6_000_000));
    }

    @Test
    void tinyPeriodsAreThinnedOutOnTheirGrid() {
        long next = TimerGrid.next(1_000_000, 7, 1_000_000);
        assertEquals(0, (next - 1_000_000) % 7);
        assertEquals(20_006, next - 1_000_000);
    }
}
