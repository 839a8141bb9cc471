package dev.veery.device.lapic;

import dev.veery.time.TimerGrid;
import dev.veery.time.Tsc;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/** The APIC timer (SDM 11.5.4): a down-counter at 1 GHz behind a divider, or a comparator on the TSC. */
final class LapicTimer {
    /** LVT timer mode, bits 18:17. */
    static final int ONE_SHOT = 0;

    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;

    private final VirtualClock clock;
    private final VmTimer timer;
    private final Runnable onExpire;

    private int mode;
    private int initialCount;
    private int divideShift;

    /** Whether the counter counts, and when it reaches zero next. */
    private boolean running;

    private long deadline;

    /** IA32_TSC_DEADLINE, 0 when not armed. */
    private long tscDeadline;

    /** {@code onExpire} is called at each expiry. */
    LapicTimer(VirtualClock clock, String name, Runnable onExpire) {
        this.clock = clock;
        this.onExpire = onExpire;
        this.timer = clock.newTimer(name, this::expire);
        reset();
    }

    void reset() {
        stop();
        mode = ONE_SHOT;
        setDivide(0);
    }

    /** Bits 18:17 of the LVT entry. A change to or from TSC-deadline mode disarms (SDM 11.5.4.1). */
    void setMode(int value) {
        if (mode != value && (mode == TSC_DEADLINE || value == TSC_DEADLINE)) {
            stop();
        }
        mode = value;
    }

    int initialCount() {
        return initialCount;
    }

    /** Starts, or stops with 0; ignored in TSC-deadline mode. */
    void setInitialCount(int value) {
        if (mode == TSC_DEADLINE) {
            return;
        }
        initialCount = value;
        running = value != 0;
        if (running) {
            start(clock.nanos() + period());
        } else {
            timer.cancel();
        }
    }

    int currentCount() {
        if (!running) {
            return 0;
        }
        long left = deadline - clock.nanos();
        if (left <= 0) {
            if (mode != PERIODIC) {
                return 0;
            }
            left = period() - -left % period();
        }
        return (int) (left + (1L << divideShift) - 1 >>> divideShift);
    }

    /** DCR bits 3, 1 and 0 (SDM figure 11-10): 0 divides by 2, 6 by 128, 7 by 1. */
    void setDivide(int dcr) {
        int code = (dcr & 3 | dcr >>> 1 & 4) + 1 & 7;
        if (!running) {
            divideShift = code;
            return;
        }
        long count = currentCount() & 0xffffffffL;
        divideShift = code;
        start(clock.nanos() + (count << code));
    }

    long tscDeadline() {
        return mode == TSC_DEADLINE ? tscDeadline : 0;
    }

    /** Arms for a TSC value, unsigned; 0 disarms; ignored in the other modes. */
    void setTscDeadline(long ticks) {
        if (mode != TSC_DEADLINE) {
            return;
        }
        timer.cancel();
        tscDeadline = ticks;
        if (ticks == 0) {
            return;
        }
        long when = Tsc.toNanos(ticks);
        if (ticks < 0) {
            // Centuries ahead: armed, never reached.
            return;
        }
        if (when <= clock.nanos()) {
            expire();
        } else {
            timer.arm(when);
        }
    }

    private void start(long when) {
        deadline = when;
        timer.arm(when);
    }

    private void stop() {
        timer.cancel();
        running = false;
        initialCount = 0;
        tscDeadline = 0;
    }

    private void expire() {
        if (mode == PERIODIC && running) {
            start(TimerGrid.next(deadline, period(), clock.nanos()));
        } else {
            running = false;
            tscDeadline = 0;
        }
        onExpire.run();
    }

    private long period() {
        return (initialCount & 0xffffffffL) << divideShift;
    }
}
