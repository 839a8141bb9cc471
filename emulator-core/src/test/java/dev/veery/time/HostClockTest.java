package dev.veery.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HostClockTest {
    private static final long MILLI = 1_000_000;

    private final MachineLock lock = new MachineLock();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final CountDownLatch failed = new CountDownLatch(1);
    private final HostClock clock = HostClock.start(lock, (thread, cause) -> {
        failure.set(cause);
        failed.countDown();
    });
    private final LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        clock.close();
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    private VmTimer timer(String name) {
        return clock.newTimer(name, () -> {
            assertTrue(lock.heldByCurrentThread());
            log.add(name);
        });
    }

    private List<String> take(int count) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        while (taken.size() < count) {
            taken.add(log.take());
        }
        return taken;
    }

    @Test
    void earlierTimerWakesTheSleeper() throws InterruptedException {
        VmTimer late = timer("late");
        VmTimer early = timer("early");
        VmTimer far = timer("far");
        long start = clock.nanos();
        locked(() -> far.arm(start + 3600 * VirtualClock.SECOND));
        locked(() -> late.arm(start + 6 * MILLI));
        locked(() -> early.arm(start + 3 * MILLI));

        assertEquals(List.of("early", "late"), take(2));
        assertTrue(clock.nanos() - start >= 6 * MILLI);
    }

    @Test
    void expiredTimersRunInDeadlineOrderWhateverTheOrderOfArming() throws InterruptedException {
        VmTimer[] timers = {timer("a"), timer("b"), timer("c")};
        locked(() -> {
            timers[0].arm(3);
            timers[1].arm(1);
            timers[2].arm(2);
        });

        assertEquals(List.of("b", "c", "a"), take(3));
    }

    @Test
    void timerDoesNotExpireEarly() throws InterruptedException {
        long deadline = clock.nanos() + 2 * MILLI;
        long[] at = new long[1];
        VmTimer timer = clock.newTimer("exact", () -> {
            at[0] = clock.nanos();
            log.add("exact");
        });
        locked(() -> timer.arm(deadline));

        take(1);
        assertTrue(at[0] >= deadline, "early by " + (deadline - at[0]));
    }

    @Test
    void timerThatIsAlwaysDueLetsOthersHaveTheLock() throws InterruptedException {
        VmTimer[] self = new VmTimer[1];
        self[0] = clock.newTimer("greedy", () -> self[0].arm(0));
        locked(() -> self[0].arm(0));
        CountDownLatch ran = new CountDownLatch(1);

        clock.execute(ran::countDown);

        assertTrue(ran.await(10, TimeUnit.SECONDS));
        locked(self[0]::cancel);
    }

    @Test
    void pauseStopsTimeAndTimersButNotPostedWork() throws InterruptedException {
        VmTimer timer = timer("timer");
        clock.pause();
        long stood = clock.nanos();
        locked(() -> timer.arm(stood));
        clock.execute(() -> log.add("work"));
        assertEquals(List.of("work"), take(1));

        assertTrue(log.isEmpty());
        assertEquals(stood, clock.nanos());
        clock.resume();
        assertEquals(List.of("timer"), take(1));
        assertTrue(clock.nanos() - stood < 10 * VirtualClock.SECOND);
    }

    @Test
    void closedClockRunsNothing() {
        VmTimer timer = timer("timer");
        clock.close();
        locked(() -> timer.arm(0));
        clock.execute(() -> log.add("work"));

        assertTrue(log.isEmpty());
    }

    @Test
    void failureOfATimerIsReported() throws InterruptedException {
        IllegalStateException defect = new IllegalStateException("defect");
        clock.execute(() -> {
            throw defect;
        });

        assertTrue(failed.await(10, TimeUnit.SECONDS));
        assertSame(defect, failure.get());
        assertTrue(log.isEmpty());
    }
}
