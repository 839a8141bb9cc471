package dev.veery.time;

import dev.veery.base.MachineLock;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * Virtual time that runs with the host's monotonic clock. One daemon thread, {@code veery-timer}, sleeps until the
 * earliest deadline, takes the machine lock and runs what has expired. It also runs work posted by back ends.
 *
 * <p>A pause stops time itself: {@link #nanos} stays, timers wait, and both go on from there.
 */
public final class HostClock implements VirtualClock, Executor, AutoCloseable {
    /** Host time at virtual time 0, or, while paused, the virtual time at which it stands. Compared by identity. */
    private static final class Epoch {
        final boolean paused;
        final long value;

        Epoch(boolean paused, long value) {
            this.paused = paused;
            this.value = value;
        }
    }

    private final MachineLock lock;
    private final TimerQueue queue = new TimerQueue();
    private final ConcurrentLinkedQueue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile Epoch epoch;
    private volatile boolean closed;

    /** The deadline for which the thread sleeps; guarded by the machine lock. */
    private long sleepingUntil = TimerQueue.NEVER;

    private HostClock(MachineLock lock, Thread.UncaughtExceptionHandler onFailure) {
        this.lock = lock;
        epoch = new Epoch(false, System.nanoTime());
        thread = new Thread(this::run, "veery-timer");
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler(onFailure);
    }

    /**
     * Starts a clock at time 0.
     *
     * @param onFailure called when a timer or posted work throws, which is a defect of ours; no timer runs afterwards
     */
    public static HostClock start(MachineLock lock, Thread.UncaughtExceptionHandler onFailure) {
        HostClock clock = new HostClock(lock, onFailure);
        clock.thread.start();
        return clock;
    }

    @Override
    public long nanos() {
        while (true) {
            Epoch at = epoch;
            long time = at.paused ? at.value : System.nanoTime() - at.value;
            // A pause in between would make this time lie in the pause, ahead of everyone else's.
            if (at == epoch) {
                return time;
            }
        }
    }

    @Override
    public VmTimer newTimer(String name, Runnable onExpire) {
        return new TimerQueue.Timer(name, onExpire, queue, this::earliestChanged);
    }

    private void earliestChanged(long deadline) {
        assert lock.heldByCurrentThread();
        if (deadline < sleepingUntil && !epoch.paused) {
            wake();
        }
    }

    private void wake() {
        if (Thread.currentThread() != thread) {
            LockSupport.unpark(thread);
        }
    }

    /** Runs {@code work} soon on the timer thread, with the machine lock held, paused or not; in the order posted. */
    @Override
    public void execute(Runnable work) {
        posted.add(work);
        LockSupport.unpark(thread);
    }

    /** Stops time; does nothing when paused. */
    public void pause() {
        lock.lock();
        try {
            if (!epoch.paused) {
                epoch = new Epoch(true, nanos());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets time go on; does nothing when running. */
    public void resume() {
        lock.lock();
        try {
            if (epoch.paused) {
                epoch = new Epoch(false, System.nanoTime() - epoch.value);
                wake();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether time stands still. */
    public boolean paused() {
        return epoch.paused;
    }

    /** Ends the thread; no timer runs once this has returned, unless it was called from one. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread || lock.heldByCurrentThread()) {
            // The thread sees the flag before it runs anything else.
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            long wait = serve();
            if (wait <= 0) {
                // The lock is not fair: let those who wait for it have their turn.
                Thread.yield();
            } else if (posted.isEmpty() && !closed) {
                if (wait == TimerQueue.NEVER) {
                    LockSupport.park(this);
                } else {
                    LockSupport.parkNanos(this, wait);
                }
            }
        }
    }

    /**
     * Runs what is due and says how many nanoseconds to sleep. Timers armed meanwhile wait for the next round, so that one
     * that is always due cannot keep the lock.
     */
    private long serve() {
        lock.lock();
        try {
            sleepingUntil = Long.MIN_VALUE;
            for (Runnable work = posted.poll(); work != null && !closed; work = posted.poll()) {
                work.run();
            }
            long mark = queue.mark();
            while (!closed && !epoch.paused) {
                TimerQueue.Timer timer = queue.pollExpired(nanos(), mark);
                if (timer == null) {
                    break;
                }
                timer.expire();
            }
            sleepingUntil = epoch.paused ? TimerQueue.NEVER : queue.earliest();
            return sleepingUntil == TimerQueue.NEVER ? TimerQueue.NEVER : sleepingUntil - nanos();
        } finally {
            lock.unlock();
        }
    }
}
