package dev.veery.device.hpet;

import dev.veery.time.TimerGrid;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/** One comparator of the HPET (1.0a, 2.3.8 to 2.3.9). */
final class HpetTimer {
    /** Timer N configuration and capability. */
    private static final long INT_TYPE_LEVEL = 1 << 1;

    private static final long INT_ENB = 1 << 2;
    private static final long TYPE_PERIODIC = 1 << 3;
    private static final long PER_INT_CAP = 1 << 4;
    private static final long SIZE_CAP = 1 << 5;
    private static final long VAL_SET = 1 << 6;
    private static final long MODE_32 = 1 << 8;
    private static final int ROUTE_SHIFT = 9;
    private static final long ROUTE = 0x1fL << ROUTE_SHIFT;
    private static final int ROUTE_CAP_SHIFT = 32;

    private static final long WRITABLE = INT_TYPE_LEVEL | INT_ENB | TYPE_PERIODIC | MODE_32 | ROUTE;

    private static final long MASK_32 = 0xffffffffL;
    private static final long MIN_PERIOD = TimerGrid.MIN_INTERVAL / Hpet.TICK_NANOS;

    /** Matches further ahead than this, in ticks, are beyond what the clock can name: centuries. */
    private static final long FAR = 1L << 58;

    /**
     * A comparator written with a value this many ticks back was meant for now. One further back is the first half of two
     * dword writes.
     */
    private static final long JUST_PASSED = 1L << 31;

    private final Hpet hpet;
    private final int number;
    private final long capabilities;
    private final VmTimer timer;

    private long config;
    private long comparator;
    private long period;

    /** VAL_SET was written, so the next comparator write sets the comparator itself. */
    private boolean setComparator;

    HpetTimer(Hpet hpet, int number, int routes, VirtualClock clock) {
        this.hpet = hpet;
        this.number = number;
        this.capabilities = (routes & MASK_32) << ROUTE_CAP_SHIFT | PER_INT_CAP | SIZE_CAP;
        this.timer = clock.newTimer("hpet" + number, this::expire);
    }

    void reset() {
        timer.cancel();
        config = 0;
        comparator = -1;
        period = 0;
        setComparator = false;
    }

    int number() {
        return number;
    }

    boolean interruptEnabled() {
        return (config & INT_ENB) != 0;
    }

    boolean level() {
        return (config & INT_TYPE_LEVEL) != 0;
    }

    int route() {
        return (int) (config >>> ROUTE_SHIFT) & 0x1f;
    }

    long config() {
        return capabilities | config;
    }

    /** A write of the configuration's low dword. A route the timer does not have leaves the old one. */
    void setConfig(long value) {
        long old = config;
        config = value & WRITABLE;
        if ((capabilities >>> ROUTE_CAP_SHIFT + route() & 1) == 0) {
            config = config & ~ROUTE | old & ROUTE;
        }
        setComparator = periodic() && (value & VAL_SET) != 0;
        if (narrow()) {
            comparator &= MASK_32;
            period &= MASK_32 >>> 1;
        }
        if (((old ^ config) & (INT_ENB | TYPE_PERIODIC | MODE_32)) != 0) {
            resume();
        }
    }

    long comparator() {
        if (periodic() && hpet.running()) {
            passOver(hpet.counter());
        }
        return comparator;
    }

    /** A write of the bits in {@code mask}: in periodic mode the period, and with VAL_SET the comparator too. */
    void setComparator(long bits, long mask) {
        boolean direct = !periodic() || setComparator;
        setComparator = false;
        if (periodic()) {
            // Less than half the counter's range, so that before and after can be told apart.
            period = (period & ~mask | bits) & (narrow() ? MASK_32 : -1) >>> 1;
        }
        if (!direct) {
            return;
        }
        comparator = comparator & ~mask | bits;
        if (narrow()) {
            comparator &= MASK_32;
        }
        timer.cancel();
        if (hpet.running() && interruptEnabled()) {
            long ahead = ahead(hpet.counter());
            if (ahead > 0) {
                arm(ahead);
            } else if (ahead >= -JUST_PASSED) {
                expire();
            }
        }
    }

    /** The counter started, or the timer's mode changed: waits for the next match; a past one does not count. */
    void resume() {
        timer.cancel();
        if (hpet.running() && interruptEnabled()) {
            if (periodic()) {
                passOver(hpet.counter());
            }
            armNextMatch();
        }
    }

    /** The counter stopped. */
    void suspend() {
        timer.cancel();
    }

    private void expire() {
        if (periodic()) {
            passOver(hpet.counter() + (period < MIN_PERIOD ? MIN_PERIOD : 0));
        }
        armNextMatch();
        hpet.interrupt(this);
    }

    private void armNextMatch() {
        long ahead = ahead(hpet.counter());
        if (ahead > 0) {
            arm(ahead);
        } else if (narrow()) {
            // A 32-bit comparator matches again each time the counter comes round.
            arm(ahead + MASK_32 + 1);
        }
    }

    private void arm(long ahead) {
        if (ahead < FAR) {
            timer.arm(hpet.nanosAhead(ahead));
        }
    }

    /** Moves a periodic comparator by whole periods past {@code counter}. */
    private void passOver(long counter) {
        long behind = -ahead(counter);
        if (period != 0 && behind >= 0) {
            comparator += (behind / period + 1) * period;
            if (narrow()) {
                comparator &= MASK_32;
            }
        }
    }

    /** Ticks until the comparator matches; 0 or negative when it has. */
    private long ahead(long counter) {
        return narrow() ? (int) (comparator - counter) : comparator - counter;
    }

    private boolean periodic() {
        return (config & TYPE_PERIODIC) != 0;
    }

    /** 32-bit mode of a 64-bit timer. */
    private boolean narrow() {
        return (config & MODE_32) != 0;
    }
}
