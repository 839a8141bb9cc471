package dev.veery.accel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CpuThreadTest {
    private final Semaphore began = new Semaphore(0);
    private final Semaphore mayEnd = new Semaphore(0);
    private final AtomicReference<Thread> on = new AtomicReference<>();
    private final CpuThread thread = new CpuThread("CPU 0/TEST", () -> {
        on.set(Thread.currentThread());
        began.release();
        mayEnd.acquireUninterruptibly();
    });

    private Thread run() {
        thread.start();
        began.acquireUninterruptibly();
        Thread ran = Objects.requireNonNull(on.get());
        mayEnd.release();
        thread.join();
        return ran;
    }

    @Test
    void everyRunIsOnTheSameThread() throws InterruptedException {
        Thread first = run();
        assertEquals("CPU 0/TEST", first.getName());
        assertSame(first, run());
        thread.close();
        first.join();
    }

    @Test
    void aStartDuringARunMakesNoSecondOne() {
        thread.start();
        thread.start();
        began.acquireUninterruptibly();
        assertTrue(thread.started());
        mayEnd.release();
        thread.join();
        assertFalse(thread.started());
        assertFalse(began.tryAcquire());
        thread.close();
    }
}
