package dev.veery.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.MachineLock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InstructionClockTest {
    private final List<String> log = new ArrayList<>();
    private final Processor cpu = new Processor();

    /** Executes what it is told to. */
    private final class Processor implements InstructionClock.Driver {
        long count;
        boolean onThread = true;

        @Override
        public boolean onThread() {
            return onThread;
        }

        @Override
        public long instructions() {
            return count;
        }

        @Override
        public boolean waits() {
            return true;
        }

        @Override
        public void deadlineChanged() {
            log.add("changed@" + count);
        }
    }

    private InstructionClock clock(int shift) {
        InstructionClock clock = new InstructionClock(new MachineLock(), shift, false);
        clock.drive(cpu);
        return clock;
    }

    @Test
    void anInstructionTakesAPowerOfTwoNanoseconds() {
        InstructionClock clock = clock(3);
        cpu.count = 125;
        assertEquals(1000, clock.nanos());
    }

    @Test
    void aTimerExpiresAtTheFirstInstructionThatReachesIt() {
        InstructionClock clock = clock(2);
        VmTimer timer = clock.newTimer("timer", () -> log.add("expired@" + clock.nanos()));
        timer.arm(401);

        assertEquals(101, clock.expire());
        cpu.count = 100;
        assertEquals(1, clock.expire());
        cpu.count = 101;
        assertEquals(Long.MAX_VALUE, clock.expire());

        assertEquals(List.of("changed@0", "expired@404"), log);
    }

    @Test
    void aTimerThatIsAlwaysDueLetsInstructionsPass() {
        InstructionClock clock = clock(0);
        VmTimer[] self = new VmTimer[1];
        self[0] = clock.newTimer("due", () -> {
            log.add("expired");
            self[0].arm(0);
        });
        self[0].arm(0);
        log.clear();

        assertEquals(1, clock.expire());

        assertEquals(1, log.stream().filter("expired"::equals).count());
    }

    @Test
    void idleTimeGoesToTheNextDeadlineAtOnceWithoutSleep() {
        InstructionClock clock = clock(0);
        clock.newTimer("timer", () -> {}).arm(3600 * VirtualClock.SECOND);
        cpu.count = 7;

        clock.idle();

        assertEquals(3600 * VirtualClock.SECOND, clock.nanos());
        cpu.count = 10;
        assertEquals(3600 * VirtualClock.SECOND + 3, clock.nanos());
    }

    @Test
    void otherThreadsSeeTheTimeToldLast() {
        InstructionClock clock = clock(0);
        cpu.count = 5;
        assertEquals(5, clock.nanos());
        cpu.count = 9;
        cpu.onThread = false;
        assertEquals(5, clock.nanos());
    }

    @Test
    void aShiftIsFromMinusOneToTen() {
        assertThrows(IllegalArgumentException.class, () -> new InstructionClock(new MachineLock(), 11, false));
    }
}
