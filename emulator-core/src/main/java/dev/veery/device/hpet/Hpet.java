package dev.veery.device.hpet;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.VirtualClock;

/**
 * The HPET. As a {@link MmioHandler} it is the 1 KiB register block at FED00000h. The outputs of the 8254 and of the
 * real-time clock pass through it, because legacy replacement takes their interrupts away.
 */
public final class Hpet implements MmioHandler, Resettable {
    /** Bytes of the register block. */
    public static final int WINDOW = 0x400;

    /** Nanoseconds a tick of the main counter. */
    static final long TICK_NANOS = 10;

    private static final int TIMERS = 3;

    /** Registers (1.0a, 2.3.1). */
    private static final int GCAP_ID = 0x000;

    private static final int GEN_CONF = 0x010;
    private static final int GINTR_STA = 0x020;
    private static final int MAIN_CNT = 0x0f0;
    private static final int TIMER_FIRST = 0x100;
    private static final int TIMER_STRIDE = 0x20;
    private static final int TIMER_CONF = 0x00;
    private static final int TIMER_COMP = 0x08;

    private static final long ENABLE_CNF = 1;
    private static final long LEG_RT_CNF = 1 << 1;

    /** Period in femtoseconds, vendor 8086h, legacy replacement, 64-bit counter, three timers, revision 1. */
    private static final long CAPABILITIES =
            TICK_NANOS * 1_000_000 << 32 | 0x8086L << 16 | 1 << 15 | 1 << 13 | TIMERS - 1 << 8 | 1;

    /** Legacy replacement (2.4.2): timer 0 is IRQ0, timer 1 is IRQ8. */
    private static final int PIT_ROUTE = 0;

    private static final int RTC_ROUTE = 8;

    private final VirtualClock clock;
    private final IrqLine[] routes;
    private final HpetTimer[] timers = new HpetTimer[TIMERS];
    private final IrqLine pitInput = this::setPit;
    private final IrqLine rtcInput = this::setRtc;

    /** The wires this block holds high, a bit each; it leaves others alone. */
    private int driven;

    private long config;
    private long status;

    /** The counter while halted; while running, what to add to the clock's ticks. */
    private long counterBase;

    private boolean pitLevel;
    private boolean rtcLevel;
    private IrqLine legacyOutput = IrqLine.NONE;

    /**
     * Makes a HPET.
     *
     * @param clock the time base
     * @param routes the interrupt wires by number, 9 to 32 of them; 0 and 8 carry the 8254 and the real-time clock
     * @param routeMask the wires a timer may be routed to, a bit each
     */
    public Hpet(VirtualClock clock, IrqLine[] routes, int routeMask) {
        this.clock = clock;
        this.routes = routes.clone();
        for (int i = 0; i < TIMERS; i++) {
            timers[i] = new HpetTimer(this, i, routeMask, clock);
        }
        reset();
    }

    /** Where the board connects OUT of the 8254's counter 0. */
    public IrqLine pitInput() {
        return pitInput;
    }

    /** An output that is high during legacy replacement, for an 8254 that does not come through {@link #pitInput}. */
    public void connectLegacy(IrqLine line) {
        legacyOutput = line;
    }

    /** Where the board connects IRQ8 of the real-time clock. */
    public IrqLine rtcInput() {
        return rtcInput;
    }

    @Override
    public void reset() {
        config = 0;
        status = 0;
        counterBase = 0;
        for (HpetTimer timer : timers) {
            timer.reset();
        }
        driveAll();
    }

    /** Registers are 64 bits, and any naturally aligned part of one may be read. */
    @Override
    public long read(long offset, int size) {
        return register((int) offset & ~7) >>> ((int) offset & 7) * 8;
    }

    /** Only dwords and qwords can be written (2.1). */
    @Override
    public void write(long offset, int size, long value) {
        if (size < Integer.BYTES) {
            return;
        }
        int shift = ((int) offset & 4) * 8;
        long mask = size == Long.BYTES ? -1L : 0xffffffffL << shift;
        long bits = size == Long.BYTES ? value : (value & 0xffffffffL) << shift;
        int register = (int) offset & ~7;
        switch (register) {
            case GEN_CONF -> setConfig(config & ~mask | bits);
            case GINTR_STA -> {
                status &= ~bits;
                driveAll();
            }
            // Defined only while halted (2.3.7); a running counter jumps.
            case MAIN_CNT -> setCounter(counter() & ~mask | bits);
            default -> writeTimer(register, bits, mask);
        }
    }

    boolean running() {
        return (config & ENABLE_CNF) != 0;
    }

    long counter() {
        return running() ? ticks() + counterBase : counterBase;
    }

    /** The virtual time at which the running counter will have advanced by {@code ticks}. */
    long nanosAhead(long ticks) {
        return (ticks() + ticks) * TICK_NANOS;
    }

    /** A timer matched: an edge, or a level that lasts until its status bit is cleared. */
    void interrupt(HpetTimer timer) {
        int route = routeOf(timer);
        if (timer.level()) {
            status |= 1L << timer.number();
        } else if (route < routes.length) {
            routes[route].pulse();
            // A wire that another timer holds stays high after the edge.
            driven &= ~(1 << route);
        }
        drive(route);
    }

    private long register(int register) {
        switch (register) {
            case GCAP_ID -> {
                return CAPABILITIES;
            }
            case GEN_CONF -> {
                return config;
            }
            case GINTR_STA -> {
                return status;
            }
            case MAIN_CNT -> {
                return counter();
            }
            default -> {
                int index = (register - TIMER_FIRST) / TIMER_STRIDE;
                if (register < TIMER_FIRST || index >= TIMERS) {
                    return 0;
                }
                return switch (register % TIMER_STRIDE) {
                    case TIMER_CONF -> timers[index].config();
                    case TIMER_COMP -> timers[index].comparator();
                    default -> 0;
                };
            }
        }
    }

    private void writeTimer(int register, long bits, long mask) {
        int index = (register - TIMER_FIRST) / TIMER_STRIDE;
        if (register < TIMER_FIRST || index >= TIMERS) {
            return;
        }
        switch (register % TIMER_STRIDE) {
            case TIMER_CONF -> {
                if ((mask & 1) != 0) {
                    timers[index].setConfig(bits);
                    driveAll();
                }
            }
            case TIMER_COMP -> timers[index].setComparator(bits, mask);
            default -> {
                // The FSB route is not advertised.
            }
        }
    }

    private void setConfig(long value) {
        long counter = counter();
        boolean was = running();
        config = value & (ENABLE_CNF | LEG_RT_CNF);
        if (running() != was) {
            setCounter(counter);
        }
        driveAll();
    }

    private void setCounter(long counter) {
        counterBase = running() ? counter - ticks() : counter;
        for (HpetTimer timer : timers) {
            if (running()) {
                timer.resume();
            } else {
                timer.suspend();
            }
        }
    }

    private long ticks() {
        return clock.nanos() / TICK_NANOS;
    }

    private void setPit(boolean level) {
        pitLevel = level;
        drive(PIT_ROUTE);
    }

    private void setRtc(boolean level) {
        rtcLevel = level;
        drive(RTC_ROUTE);
    }

    private boolean legacy() {
        return (config & LEG_RT_CNF) != 0;
    }

    private int routeOf(HpetTimer timer) {
        if (legacy() && timer.number() < 2) {
            return timer.number() == 0 ? PIT_ROUTE : RTC_ROUTE;
        }
        return timer.route();
    }

    private void driveAll() {
        legacyOutput.set(legacy());
        for (int route = 0; route < routes.length; route++) {
            drive(route);
        }
    }

    /** Sets a wire to what holds it: level interrupts of the timers, and the legacy devices unless replaced. */
    private void drive(int route) {
        boolean level = !legacy() && (route == PIT_ROUTE && pitLevel || route == RTC_ROUTE && rtcLevel);
        for (HpetTimer timer : timers) {
            level |= (status >>> timer.number() & 1) != 0
                    && timer.level()
                    && timer.interruptEnabled()
                    && routeOf(timer) == route;
        }
        boolean was = (driven >>> route & 1) != 0;
        if (level != was && route < routes.length) {
            driven ^= 1 << route;
            routes[route].set(level);
        }
    }
}
