package dev.veery.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManualClockTest {
    private final ManualClock clock = new ManualClock();
    private final List<String> log = new ArrayList<>();

    private VmTimer timer(String name) {
        return clock.newTimer(name, () -> log.add(name + "@" + clock.nanos()));
    }

    @Test
    void timersExpireAtTheirTimeInOrder() {
        timer("late").arm(300);
        timer("early").arm(100);
        timer("tieA").arm(200);
        timer("tieB").arm(200);
        timer("never").arm(1000);

        clock.advance(500);

        assertEquals(List.of("early@100", "tieA@200", "tieB@200", "late@300"), log);
        assertEquals(500, clock.nanos());
        assertEquals(1000, clock.nextDeadline());
    }

    @Test
    void timerArmsItselfWithinOneMove() {
        VmTimer[] self = new VmTimer[1];
        self[0] = clock.newTimer("periodic", () -> {
            log.add("tick@" + clock.nanos());
            assertFalse(self[0].armed());
            self[0].arm(clock.nanos() + 10);
        });
        self[0].arm(10);

        clock.advanceTo(35);

        assertEquals(List.of("tick@10", "tick@20", "tick@30"), log);
        assertTrue(self[0].armed());
    }

    @Test
    void pastDeadlineExpiresWithoutTurningTimeBack() {
        clock.advance(100);
        timer("past").arm(5);

        clock.advance(0);

        assertEquals(List.of("past@100"), log);
    }

    @Test
    void rearmingReplacesAndCancellingDisarms() {
        VmTimer moved = timer("moved");
        VmTimer gone = timer("gone");
        moved.arm(10);
        moved.arm(50);
        gone.arm(20);
        gone.cancel();

        clock.advance(100);

        assertEquals(List.of("moved@50"), log);
        assertEquals(Long.MAX_VALUE, clock.nextDeadline());
    }

    @Test
    void timeDoesNotGoBack() {
        clock.advance(10);

        assertThrows(IllegalArgumentException.class, () -> clock.advanceTo(9));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomArmingAndCancellingMatchesASortedList(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<long[]> expected = new ArrayList<>();
        List<VmTimer> timers = new ArrayList<>();
        List<Integer> fired = new ArrayList<>();
        long[][] armed = new long[60][];
        for (int n = 0; n < armed.length; n++) {
            int id = n;
            timers.add(clock.newTimer("t" + n, () -> fired.add(id)));
        }
        for (int step = 0; step < 400; step++) {
            int n = random.nextInt(armed.length);
            if (random.nextInt(3) == 0) {
                timers.get(n).cancel();
                armed[n] = null;
            } else {
                long deadline = random.nextInt(40);
                timers.get(n).arm(deadline);
                armed[n] = new long[] {deadline, step, n};
            }
        }
        for (long[] entry : armed) {
            if (entry != null) {
                expected.add(entry);
            }
        }
        expected.sort(Comparator.<long[]>comparingLong(entry -> entry[0]).thenComparingLong(entry -> entry[1]));

        clock.advance(40);

        assertEquals(expected.stream().map(entry -> (int) entry[2]).toList(), fired);
    }

    @Test
    void virtualWallClockRunsWithTheClock() {
        WallClock wall = WallClock.virtual(clock, 5 * VirtualClock.SECOND - 1);

        assertEquals(4, wall.epochSeconds());
        clock.advance(1);
        assertEquals(5, wall.epochSeconds());
    }
}
