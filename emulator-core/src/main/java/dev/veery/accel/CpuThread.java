package dev.veery.accel;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A processor's thread, for accelerators: one and the same from the first start to the end, so that whoever has pinned it
 * to a processor of the host has done so for good. Each start makes one run.
 */
public final class CpuThread {
    private static final int IDLE = 0;
    private static final int RUNNING = 1;

    /** The run is over, and nobody has asked for the end of it yet. */
    private static final int ENDED = 2;

    private static final int CLOSED = 3;

    private final String name;
    private final Runnable run;

    /** What the thread does; guarded by this object's monitor. */
    private int phase = IDLE;

    private volatile @Nullable Thread thread;

    /**
     * Makes one; the thread begins with the first start.
     *
     * @param name of the thread; hosts show 15 characters of it
     * @param run a run, which returns soon after it was asked to
     */
    public CpuThread(String name, Runnable run) {
        this.name = name;
        this.run = run;
    }

    /** Lets a run begin; does nothing while there is one that {@link #join} has not seen the end of. */
    public synchronized void start() {
        if (phase != IDLE) {
            return;
        }
        phase = RUNNING;
        Thread t = thread;
        if (t == null) {
            t = new Thread(this::loop, name);
            t.setDaemon(true);
            thread = t;
            t.start();
        } else {
            notifyAll();
        }
    }

    /** Whether a run was started whose end {@link #join} has not seen. */
    public synchronized boolean started() {
        return phase == RUNNING || phase == ENDED;
    }

    private void loop() {
        while (awaitStart()) {
            try {
                run.run();
            } finally {
                end();
            }
        }
    }

    private synchronized boolean awaitStart() {
        boolean interrupted = false;
        while (phase == IDLE || phase == ENDED) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return phase == RUNNING;
    }

    private synchronized void end() {
        if (phase == RUNNING) {
            phase = ENDED;
            notifyAll();
        }
    }

    /** Waits for the end of a run, which somebody has asked for. Not on the thread itself. */
    public synchronized void join() {
        if (isCurrent()) {
            throw new IllegalStateException("a vCPU cannot wait for itself");
        }
        boolean interrupted = false;
        while (phase == RUNNING) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (phase == ENDED) {
            phase = IDLE;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the caller is on this thread. */
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Ends the thread's wait in {@link LockSupport#park}. */
    public void unpark() {
        LockSupport.unpark(thread);
    }

    /** Ends the thread, between two runs. */
    public synchronized void close() {
        phase = CLOSED;
        notifyAll();
    }
}
