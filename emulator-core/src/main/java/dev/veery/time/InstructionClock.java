package dev.veery.time;

import dev.veery.base.MachineLock;
import java.util.concurrent.locks.LockSupport;

/**
 * Virtual time that runs with the instructions that the processors execute: each takes {@code 1 << shift} nanoseconds. Nothing
 * in it depends on the host's speed, so that the same inputs lead to the same course of a machine. Timers expire between two
 * instructions, on the thread that executes them, as soon as their deadline is reached.
 *
 * <p>While all processors wait, time goes on to the next deadline: at the host's pace ({@code sleep}), or at once. A machine
 * that hears of the outside world while it waits takes the host's time that has passed by then.
 *
 * <p>With an adapting shift, instructions get as long as makes virtual time keep up with the host's; the course of the
 * machine then depends on the host.
 */
public final class InstructionClock implements VirtualClock {
    /** The longest that an instruction may take: 1 &lt;&lt; 10 ns. */
    public static final int MAX_SHIFT = 10;

    /** What an adapting shift begins with: 125 million instructions a second. */
    private static final int FIRST_SHIFT = 3;

    /** How far virtual time may be from the host's before the shift adapts. */
    private static final long TOLERANCE = SECOND / 10;

    /** How often the shift adapts, in virtual time. */
    private static final long ADAPTATION = SECOND / 10;

    /** Who executes instructions. Called on its thread, but for {@link #deadlineChanged}. */
    public interface Driver {
        /** Whether the calling thread is the one that executes instructions. */
        boolean onThread();

        /** Instructions executed so far by all processors; exact on the driver's own thread. */
        long instructions();

        /** Whether there is still nothing to do; who changes that unparks the thread. */
        boolean waits();

        /** A timer may have to expire earlier than thought. The machine lock is held; any thread. */
        void deadlineChanged();
    }

    private final MachineLock lock;
    private final TimerQueue queue = new TimerQueue();
    private final boolean adapts;
    private final boolean sleeps;
    private final Stopwatch host = new Stopwatch();
    private int shift;
    private volatile Driver driver = NobodyYet.INSTANCE;

    /** Virtual time at {@link #originCount} instructions. */
    private long origin;

    private long originCount;
    private long nextAdaptation = ADAPTATION;

    /** What was told last. */
    private volatile long published;

    /** Before there are processors. */
    private enum NobodyYet implements Driver {
        INSTANCE;

        @Override
        public boolean onThread() {
            return false;
        }

        @Override
        public long instructions() {
            return 0;
        }

        @Override
        public boolean waits() {
            return true;
        }

        @Override
        public void deadlineChanged() {}
    }

    /**
     * A clock at time 0.
     *
     * @param shift 0 to {@link #MAX_SHIFT}, or -1 for one that adapts
     * @param sleeps whether waiting takes the host's time
     */
    public InstructionClock(MachineLock lock, int shift, boolean sleeps) {
        if (shift < -1 || shift > MAX_SHIFT) {
            throw new IllegalArgumentException("shift " + shift);
        }
        this.lock = lock;
        this.sleeps = sleeps;
        adapts = shift < 0;
        this.shift = adapts ? FIRST_SHIFT : shift;
    }

    /** Says who executes instructions; before the first does. */
    public void drive(Driver by) {
        driver = by;
    }

    @Override
    public long nanos() {
        Driver d = driver;
        if (!d.onThread()) {
            return published;
        }
        long now = origin + (d.instructions() - originCount << shift);
        published = now;
        return now;
    }

    @Override
    public VmTimer newTimer(String name, Runnable onExpire) {
        return new TimerQueue.Timer(name, onExpire, queue, deadline -> driver.deadlineChanged());
    }

    /**
     * Lets timers expire that are due. Those that they arm meanwhile wait for the next time, so that one that is always due
     * cannot keep the thread.
     *
     * @return instructions until the next one, at least 1
     */
    public long expire() {
        lock.lock();
        try {
            long now = nanos();
            if (adapts) {
                adapt(now);
            }
            long mark = queue.mark();
            TimerQueue.Timer timer = queue.pollExpired(now, mark);
            while (timer != null) {
                timer.expire();
                timer = queue.pollExpired(now, mark);
            }
            long deadline = queue.earliest();
            if (deadline == TimerQueue.NEVER) {
                return Long.MAX_VALUE;
            }
            long until = Math.max(1, deadline - now);
            return (until - 1 >> shift) + 1;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves time on to the next deadline, as no processor has anything to do, or until one has; on the driver's thread,
     * without the lock.
     */
    public void idle() {
        long now = nanos();
        long deadline = deadline();
        if (deadline == TimerQueue.NEVER) {
            if (driver.waits()) {
                LockSupport.park(this);
            }
            return;
        }
        long passed = Math.max(0, deadline - now);
        if (sleeps) {
            Stopwatch watch = new Stopwatch();
            long left = passed;
            while (left > 0 && driver.waits()) {
                LockSupport.parkNanos(this, left);
                left = passed - watch.nanos();
            }
            passed -= Math.max(0, left);
        }
        origin += passed;
        nanos();
    }

    private long deadline() {
        lock.lock();
        try {
            return queue.earliest();
        } finally {
            lock.unlock();
        }
    }

    private void adapt(long now) {
        if (now < nextAdaptation) {
            return;
        }
        nextAdaptation = now + ADAPTATION;
        long ahead = now - host.nanos();
        int wanted = shift;
        if (ahead > TOLERANCE && shift > 0) {
            wanted--;
        } else if (ahead < -TOLERANCE && shift < MAX_SHIFT) {
            wanted++;
        }
        originCount = driver.instructions();
        origin = now;
        shift = wanted;
    }
}
