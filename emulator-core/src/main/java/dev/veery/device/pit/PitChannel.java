package dev.veery.device.pit;

/** One counter of an 8254. Time is in ticks of its clock input; a caller passes the current tick, never decreasing. */
final class PitChannel {
    /** RW field of the control word. */
    private static final int ACCESS_LOW = 1;

    private static final int ACCESS_HIGH = 2;
    private static final int ACCESS_BOTH = 3;

    private static final int TERMINAL_COUNT = 0;
    private static final int ONE_SHOT = 1;
    private static final int RATE_GENERATOR = 2;
    private static final int SQUARE_WAVE = 3;
    private static final int SOFTWARE_STROBE = 4;
    private static final int HARDWARE_STROBE = 5;

    private static final int BINARY_MODULUS = 0x10000;
    private static final int BCD_MODULUS = 10_000;

    private static final int STATUS_OUT = 1 << 7;
    private static final int STATUS_NULL_COUNT = 1 << 6;

    private static final int NOTHING = -1;

    private int mode;
    private int access;
    private boolean bcd;
    private boolean gate = true;

    /** The count register CR: what the next load or trigger counts from, 1 to the modulus. */
    private int reload;

    /** What the counting element counts from now. */
    private int count;

    /** A count written in mode 2 or 3 that waits for the end of the cycle or half cycle; 0 if none. */
    private int pending;

    /** Whether a whole count followed the control word. */
    private boolean loaded;

    /** Whether the counting element runs: gate open in modes 0, 2, 3, 4; triggered in modes 1 and 5. */
    private boolean counting;

    /** The tick at which the counting element held {@link #count}: start of the cycle, or of the half cycle in mode 3. */
    private long start;

    /** Ticks since {@link #start} when the gate closed. */
    private long held;

    /** Mode 3: in the low half. */
    private boolean lowHalf;

    /** What the counting element shows while nothing is loaded. */
    private int idle;

    private boolean readHigh;
    private boolean writeHigh;
    private int lowByte;
    private int latchedCount = NOTHING;
    private int latchedStatus = NOTHING;

    /** Mode 3 from a full count with the gate as given: what a BIOS leaves, and QEMU after reset. */
    void reset(long now, boolean gateOpen) {
        gate = gateOpen;
        control(now, ACCESS_BOTH, SQUARE_WAVE, false);
        load(now, 0);
    }

    /** The control word. Modes 6 and 7 are 2 and 3. */
    void control(long now, int newAccess, int newMode, boolean newBcd) {
        idle = value(now);
        access = newAccess;
        mode = newMode > HARDWARE_STROBE ? newMode - 4 : newMode;
        bcd = newBcd;
        loaded = false;
        counting = false;
        pending = 0;
        held = 0;
        readHigh = false;
        writeHigh = false;
        latchedCount = NOTHING;
        latchedStatus = NOTHING;
    }

    boolean gate() {
        return gate;
    }

    void setGate(long now, boolean open) {
        if (open == gate) {
            return;
        }
        gate = open;
        if (!loaded) {
            return;
        }
        switch (mode) {
            case TERMINAL_COUNT, SOFTWARE_STROBE -> {
                if (open) {
                    start = now - held;
                } else {
                    held = now - start;
                }
                counting = open;
            }
            case RATE_GENERATOR, SQUARE_WAVE -> {
                if (open) {
                    begin(now);
                } else {
                    roll(now);
                    held = now - start;
                    counting = false;
                }
            }
            default -> {
                if (open) {
                    begin(now);
                }
            }
        }
    }

    /** A write to the counter's port. */
    void write(long now, int data) {
        switch (access) {
            case ACCESS_LOW -> load(now, data);
            case ACCESS_HIGH -> load(now, data << 8);
            default -> {
                if (writeHigh) {
                    load(now, data << 8 | lowByte);
                } else {
                    lowByte = data;
                    if (mode == TERMINAL_COUNT) {
                        // The first byte stops the counter and drops OUT.
                        idle = value(now);
                        loaded = false;
                    }
                }
                writeHigh = !writeHigh;
            }
        }
    }

    /** A read of the counter's port: latched status first, then the latched or the running count. */
    int read(long now) {
        if (latchedStatus != NOTHING) {
            int status = latchedStatus;
            latchedStatus = NOTHING;
            return status;
        }
        int raw = latchedCount != NOTHING ? latchedCount : encode(value(now));
        boolean high = access == ACCESS_HIGH || access == ACCESS_BOTH && readHigh;
        if (access == ACCESS_BOTH) {
            readHigh = !readHigh;
        }
        if (high || access != ACCESS_BOTH) {
            latchedCount = NOTHING;
        }
        return high ? raw >>> 8 : raw & 0xff;
    }

    /** Counter latch; one that has not been read yet stays. */
    void latchCount(long now) {
        if (latchedCount == NOTHING) {
            latchedCount = encode(value(now));
        }
    }

    /** Read-back of status; one that has not been read yet stays. */
    void latchStatus(long now) {
        if (latchedStatus == NOTHING) {
            boolean taken = loaded && pending == 0 && (counting ? start <= now : !triggered());
            latchedStatus = (out(now) ? STATUS_OUT : 0)
                    | (taken ? 0 : STATUS_NULL_COUNT)
                    | access << 4
                    | mode << 1
                    | (bcd ? 1 : 0);
        }
    }

    /** The OUT pin. */
    boolean out(long now) {
        if (!loaded) {
            return mode != TERMINAL_COUNT;
        }
        roll(now);
        long elapsed = elapsed(now);
        return switch (mode) {
            case TERMINAL_COUNT -> elapsed >= count;
            case ONE_SHOT -> !counting || elapsed < 0 || elapsed >= count;
            case RATE_GENERATOR -> !counting || elapsed != count - 1;
            case SQUARE_WAVE -> !counting || !lowHalf;
            case SOFTWARE_STROBE -> elapsed != count;
            default -> !counting || elapsed != count;
        };
    }

    /** The first tick after {@code after}, itself not before {@code now}, at which OUT rises; -1 if it will not. */
    long nextRise(long now, long after) {
        if (!loaded || !counting) {
            return -1;
        }
        roll(now);
        long rise;
        switch (mode) {
            case TERMINAL_COUNT, ONE_SHOT -> rise = start + count;
            case RATE_GENERATOR -> rise = onGrid(start + count, after);
            case SQUARE_WAVE -> {
                int next = pending != 0 ? pending : count;
                rise = onGrid(lowHalf ? start + count / 2 : start + (count + 1) / 2 + next / 2, after);
            }
            default -> rise = start + count + 1;
        }
        return rise > after ? rise : -1;
    }

    /** Ticks from one rise to the next in the periodic modes, 0 in the others. */
    int period() {
        if (mode != RATE_GENERATOR && mode != SQUARE_WAVE) {
            return 0;
        }
        return pending != 0 ? pending : count;
    }

    private long onGrid(long first, long after) {
        if (first > after) {
            return first;
        }
        int period = period();
        return first + ((after - first) / period + 1) * period;
    }

    private void load(long now, int raw) {
        boolean first = !loaded;
        reload = decode(raw);
        loaded = true;
        switch (mode) {
            case TERMINAL_COUNT, SOFTWARE_STROBE -> beginIfGated(now);
            case RATE_GENERATOR, SQUARE_WAVE -> {
                if (first) {
                    beginIfGated(now);
                } else if (counting) {
                    roll(now);
                    pending = reload;
                }
            }
            default -> {
                // Modes 1 and 5 wait for the gate.
            }
        }
    }

    private void beginIfGated(long now) {
        begin(now);
        counting = gate;
        held = 0;
    }

    /** Moves CR into the counting element, which takes one tick. */
    private void begin(long now) {
        count = reload;
        pending = 0;
        start = now + 1;
        lowHalf = false;
        counting = true;
    }

    /** Brings {@link #start} of a periodic mode to the current cycle or half cycle. */
    private void roll(long now) {
        if (!loaded || !counting) {
            return;
        }
        if (mode == RATE_GENERATOR) {
            if (pending != 0 && now - start >= count) {
                start += count;
                takePending();
            }
            skipWholeCycles(now);
        } else if (mode == SQUARE_WAVE) {
            if (pending != 0 && now - start >= half()) {
                nextHalf();
                takePending();
            }
            skipWholeCycles(now);
            if (now - start >= half()) {
                nextHalf();
            }
        }
    }

    private void skipWholeCycles(long now) {
        long elapsed = now - start;
        if (elapsed >= count) {
            start += elapsed / count * count;
        }
    }

    private void takePending() {
        count = pending;
        pending = 0;
    }

    private int half() {
        return lowHalf ? count / 2 : (count + 1) / 2;
    }

    private void nextHalf() {
        start += half();
        lowHalf = !lowHalf;
    }

    private boolean triggered() {
        return mode == ONE_SHOT || mode == HARDWARE_STROBE;
    }

    private long elapsed(long now) {
        return counting ? now - start : held;
    }

    /** The counting element, 0 to the modulus. */
    private int value(long now) {
        if (!loaded) {
            return idle;
        }
        roll(now);
        if (!counting && triggered()) {
            return reload;
        }
        long elapsed = Math.max(0, elapsed(now));
        if (mode == SQUARE_WAVE) {
            // An odd count is loaded less one; both halves count down by two.
            return (int) ((count & ~1) - 2 * elapsed);
        }
        return (int) Math.floorMod(count - elapsed, (long) modulus());
    }

    private int modulus() {
        return bcd ? BCD_MODULUS : BINARY_MODULUS;
    }

    private int decode(int raw) {
        int value = raw;
        if (bcd) {
            value = (raw >>> 12) * 1000 + (raw >>> 8 & 0xf) * 100 + (raw >>> 4 & 0xf) * 10 + (raw & 0xf);
        }
        return value == 0 ? modulus() : value;
    }

    private int encode(int value) {
        int v = value % modulus();
        return bcd ? v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10 : v;
    }
}
