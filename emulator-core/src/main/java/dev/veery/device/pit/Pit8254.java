package dev.veery.device.pit;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.TimerGrid;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/** The 8254. As a {@link MmioHandler} it is the four ports from 40h: three counters and the control word. */
public final class Pit8254 implements MmioHandler, Resettable {
    /** The clock input, in hertz. */
    public static final int HZ = 1_193_182;

    private static final int CHANNELS = 3;
    private static final int CONTROL = 3;
    private static final int SPEAKER = 2;

    /** Control word: SC 7:6, RW 5:4, M 3:1, BCD 0; SC 3 is read-back, RW 0 the counter latch. */
    private static final int READ_BACK = 3;

    private static final int READ_BACK_NOT_COUNT = 1 << 5;
    private static final int READ_BACK_NOT_STATUS = 1 << 4;

    /** DRAM refresh requests: counter 1 of the original PC divided the clock by 18. */
    private static final int REFRESH_TICKS = 18;

    private final VirtualClock clock;
    private final IrqLine out0;
    private final VmTimer timer;
    private final PitChannel[] channels = new PitChannel[CHANNELS];

    /**
     * Makes a timer.
     *
     * @param out0 OUT of counter 0. Its rising edges are exact; low phases between them are not driven onto the wire,
     *     since nothing looks at them
     */
    public Pit8254(VirtualClock clock, IrqLine out0) {
        this.clock = clock;
        this.out0 = out0;
        this.timer = clock.newTimer("pit", this::rise);
        for (int i = 0; i < CHANNELS; i++) {
            channels[i] = new PitChannel();
        }
        reset();
    }

    @Override
    public void reset() {
        long now = tick();
        for (int i = 0; i < CHANNELS; i++) {
            channels[i].reset(now, i != SPEAKER);
        }
        follow(now);
    }

    @Override
    public long read(long offset, int size) {
        int port = (int) offset & 3;
        return port == CONTROL ? 0 : channels[port].read(tick());
    }

    @Override
    public void write(long offset, int size, long value) {
        int port = (int) offset & 3;
        int data = (int) value & 0xff;
        long now = tick();
        if (port == CONTROL) {
            control(now, data);
        } else {
            channels[port].write(now, data);
        }
        if (port == CONTROL || port == 0) {
            follow(now);
        }
    }

    /** Counter 2's gate, port 61h bit 0. */
    boolean gate2() {
        return channels[SPEAKER].gate();
    }

    void setGate2(boolean open) {
        channels[SPEAKER].setGate(tick(), open);
    }

    /** OUT of counter 2, port 61h bit 5. */
    boolean out2() {
        return channels[SPEAKER].out(tick());
    }

    /** A signal that toggles with each refresh request, every 15 microseconds; port 61h bit 4. */
    boolean refreshToggle() {
        return (tick() / REFRESH_TICKS & 1) != 0;
    }

    private void control(long now, int word) {
        int select = word >>> 6;
        int access = word >>> 4 & 3;
        if (select == READ_BACK) {
            readBack(now, word);
        } else if (access == 0) {
            channels[select].latchCount(now);
        } else {
            channels[select].control(now, access, word >>> 1 & 7, (word & 1) != 0);
        }
    }

    private void readBack(long now, int word) {
        for (int i = 0; i < CHANNELS; i++) {
            if ((word >>> i + 1 & 1) != 0) {
                if ((word & READ_BACK_NOT_COUNT) == 0) {
                    channels[i].latchCount(now);
                }
                if ((word & READ_BACK_NOT_STATUS) == 0) {
                    channels[i].latchStatus(now);
                }
            }
        }
    }

    /** Brings the wire and the timer in line with counter 0 after a write. */
    private void follow(long now) {
        out0.set(channels[0].out(now));
        arm(channels[0].nextRise(now, now));
    }

    /** Counter 0's output rises. Rises that the host slept through are skipped, the grid stays. */
    private void rise() {
        out0.set(false);
        out0.set(true);
        long now = tick();
        int period = channels[0].period();
        long shortest = tickAt(TimerGrid.MIN_INTERVAL);
        arm(channels[0].nextRise(now, period != 0 && period < shortest ? now + shortest : now));
    }

    private void arm(long rise) {
        if (rise < 0) {
            timer.cancel();
        } else {
            timer.arm(nanosAt(rise));
        }
    }

    private long tick() {
        return tickAt(clock.nanos());
    }

    /** Ticks that have passed by {@code nanos}; split so that nothing overflows. */
    private static long tickAt(long nanos) {
        return nanos / VirtualClock.SECOND * HZ + nanos % VirtualClock.SECOND * HZ / VirtualClock.SECOND;
    }

    /** The first nanosecond at which {@link #tickAt} is {@code tick}. */
    private static long nanosAt(long tick) {
        return tick / HZ * VirtualClock.SECOND + (tick % HZ * VirtualClock.SECOND + HZ - 1) / HZ;
    }
}
