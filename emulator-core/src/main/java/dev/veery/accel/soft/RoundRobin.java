package dev.veery.accel.soft;

import dev.veery.time.InstructionClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Executes all processors of a machine on one thread, one after the other, each for a number of instructions that depends on
 * instructions executed alone. Between two such slices timers expire.
 */
final class RoundRobin implements InstructionClock.Driver {
    /** Instructions in a slice while several processors have something to do. */
    private static final long SLICE = 20_000;

    private final InstructionClock clock;

    /** The started processors, in their order; guarded by this. */
    private final List<SoftVcpu> started = new ArrayList<>();

    private volatile @Nullable Thread thread;

    /** Instructions of finished slices. */
    private long retired;

    /** Whose slice it is, and its count when that began. */
    private volatile @Nullable SoftVcpu current;

    private long currentStart;

    /** Something changed that {@link #waits} has to know. */
    private volatile boolean news;

    RoundRobin(InstructionClock clock) {
        this.clock = clock;
        clock.drive(this);
    }

    // ---- from other threads

    /** Lets a processor take part. */
    synchronized void start(SoftVcpu cpu) {
        if (started.contains(cpu)) {
            return;
        }
        int at = 0;
        while (at < started.size() && started.get(at).index() < cpu.index()) {
            at++;
        }
        started.add(at, cpu);
        if (thread == null) {
            Thread t = new Thread(this::loop, "ALL CPUs/TCG");
            t.setDaemon(true);
            thread = t;
            t.start();
        }
    }

    /** Waits until a processor that was asked to stop has done so. */
    synchronized void awaitStop(SoftVcpu cpu) {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a vCPU cannot wait for itself");
        }
        boolean interrupted = false;
        while (started.contains(cpu)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A processor may have something to do. */
    void wake() {
        news = true;
        Thread t = thread;
        if (t != null && t != Thread.currentThread()) {
            LockSupport.unpark(t);
        }
    }

    // ---- the clock's driver

    @Override
    public boolean onThread() {
        return Thread.currentThread() == thread;
    }

    @Override
    public long instructions() {
        SoftVcpu c = current;
        return c == null ? retired : retired + c.instructions() - currentStart;
    }

    @Override
    public boolean waits() {
        return !news;
    }

    @Override
    public void deadlineChanged() {
        SoftVcpu c = current;
        if (onThread()) {
            if (c != null) {
                c.makeWay();
            }
        } else {
            if (c != null) {
                c.preempt();
            }
            wake();
        }
    }

    /** PAUSE: another processor may have more to do. */
    void pause(SoftVcpu cpu) {
        if (runnable() > 1) {
            cpu.makeWay();
        }
    }

    // ---- the thread

    private synchronized int runnable() {
        int count = 0;
        for (SoftVcpu cpu : started) {
            if (!cpu.asleep()) {
                count++;
            }
        }
        return count;
    }

    /** The processor behind {@code last} that has something to do; null if none has. */
    private synchronized @Nullable SoftVcpu next(int last) {
        SoftVcpu first = null;
        for (SoftVcpu cpu : started) {
            if (!cpu.asleep()) {
                if (cpu.index() > last) {
                    return cpu;
                }
                first = first == null ? cpu : first;
            }
        }
        return first;
    }

    private synchronized boolean end(SoftVcpu cpu) {
        started.remove(cpu);
        notifyAll();
        if (started.isEmpty()) {
            thread = null;
            return true;
        }
        return false;
    }

    private void loop() {
        int last = -1;
        for (; ; ) {
            news = false;
            long budget = clock.expire();
            SoftVcpu cpu = next(last);
            if (cpu == null) {
                clock.idle();
                continue;
            }
            last = cpu.index();
            boolean goesOn = slice(cpu, runnable() > 1 ? Math.min(budget, SLICE) : budget);
            if (!goesOn && end(cpu)) {
                return;
            }
        }
    }

    private boolean slice(SoftVcpu cpu, long budget) {
        currentStart = cpu.instructions();
        current = cpu;
        boolean goesOn = cpu.slice(budget);
        retired += cpu.instructions() - currentStart;
        current = null;
        return goesOn;
    }
}
