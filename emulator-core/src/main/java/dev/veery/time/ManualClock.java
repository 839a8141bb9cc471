package dev.veery.time;

import dev.veery.base.MachineLock;

/** Virtual time that stands still until it is told to move; timers expire while it moves, at their exact time. */
public final class ManualClock implements VirtualClock {
    private final MachineLock lock;
    private final TimerQueue queue = new TimerQueue();
    private volatile long now;

    /** A clock at time 0 with a lock of its own, for tests. */
    public ManualClock() {
        this(new MachineLock());
    }

    /** A clock at time 0; timers run with {@code lock} held. */
    public ManualClock(MachineLock lock) {
        this.lock = lock;
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public VmTimer newTimer(String name, Runnable onExpire) {
        // An expired timer runs when the clock is next moved, if only by nothing.
        return new TimerQueue.Timer(name, onExpire, queue, deadline -> {});
    }

    /** Moves time forward by {@code nanos}, at least 0. */
    public void advance(long nanos) {
        advanceTo(Math.addExact(now, nanos));
    }

    /**
     * Moves time forward to {@code target}, expiring timers in order; a timer may arm itself or others for a time that is
     * still to come in this move, and time itself does not pass while it runs.
     *
     * @throws IllegalArgumentException if {@code target} has passed
     */
    public void advanceTo(long target) {
        if (target < now) {
            throw new IllegalArgumentException("time cannot go back from " + now + " to " + target);
        }
        lock.lock();
        try {
            TimerQueue.Timer timer = queue.pollExpired(target, Long.MAX_VALUE);
            while (timer != null) {
                now = Math.max(now, timer.deadline());
                timer.expire();
                timer = queue.pollExpired(target, Long.MAX_VALUE);
            }
            now = target;
        } finally {
            lock.unlock();
        }
    }

    /** The earliest deadline of an armed timer, which may have passed, or {@link Long#MAX_VALUE} if none is armed. */
    public long nextDeadline() {
        lock.lock();
        try {
            return queue.earliest();
        } finally {
            lock.unlock();
        }
    }
}
