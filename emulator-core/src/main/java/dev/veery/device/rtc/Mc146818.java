package dev.veery.device.rtc;

import static dev.veery.device.rtc.Mc146818Regs.*;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;
import dev.veery.time.WallClock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * The clock and CMOS memory behind ports 70h to 73h: index and data of the standard bank, index and data of the extended
 * bank. Declare the region for one-byte accesses; a longer one repeats the four ports, as the chipset does up to 77h.
 *
 * <p>Nothing runs while no interrupt is enabled: the time and the flags are brought up to date when somebody looks.
 */
public final class Mc146818 implements MmioHandler, Resettable {
    /** Ports 70h to 73h. */
    public static final int PORTS = 4;

    private static final int PORT_INDEX = 0;
    private static final int PORT_DATA = 1;
    private static final int PORT_EXTENDED_INDEX = 2;

    /** Bit 7 of port 70h masks NMI. */
    private static final int INDEX_NMI_DISABLE = 0x80;

    private static final int INDEX_MASK = 0x7f;
    private static final int EXTENDED_BANK = 0x80;

    /** Ticks of the 32.768 kHz time base in a second. */
    private static final int TICKS_PER_SECOND = 1 << 15;

    /** "Update cycle": UIP rises 244 microseconds ahead of the cycle, which takes 1984 with this time base. */
    static final int UIP_TICKS = 8 + 65;

    /** "Divider control": the first update is half a second after the reset is lifted. */
    private static final long FIRST_UPDATE_NANOS = VirtualClock.SECOND / 2;

    /** 32.768 kHz, 1.024 kHz periodic rate: what firmware sets. */
    private static final int POWER_ON_A = 0x26;

    private final IrqLine irq;
    private final VirtualClock clock;
    private final VmTimer timer;
    private final byte[] cmos = new byte[256];
    private final RtcTime time = new RtcTime(cmos);

    private int index;
    private int extendedIndex = EXTENDED_BANK;
    private boolean nmiDisabled;

    /** Virtual time at which the divider chain was zero; a second ends whenever it is zero again. */
    private long chainStart;
    /** Ticks of the chain that flags and time have seen. */
    private long seenTicks;

    /**
     * @param irq interrupt request 8; high while IRQF is set
     * @param clock what time passes by
     * @param wall the date and time it begins with, in the zone the guest expects; read once, here
     */
    public Mc146818(IrqLine irq, VirtualClock clock, WallClock wall) {
        this.irq = irq;
        this.clock = clock;
        this.timer = clock.newTimer("rtc", this::onTimer);
        cmos[REG_A] = POWER_ON_A;
        cmos[REG_B] = B_24H;
        cmos[REG_D] = (byte) D_VRT;
        long epochNanos = wall.epochNanos();
        time.set(LocalDateTime.ofEpochSecond(Math.floorDiv(epochNanos, VirtualClock.SECOND), 0, ZoneOffset.UTC));
        chainStart = clock.nanos() - Math.floorMod(epochNanos, VirtualClock.SECOND);
        seenTicks = ticksAt(clock.nanos());
    }

    /** The reset pin: interrupts off, time and memory stay ("RESET"). */
    @Override
    public void reset() {
        sync();
        cmos[REG_B] &= (byte) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
        cmos[REG_C] = 0;
        nmiDisabled = false;
        irq.set(false);
        schedule();
    }

    /** Whether the guest masks NMI by bit 7 of port 70h. */
    public boolean nmiDisabled() {
        return nmiDisabled;
    }

    /**
     * Sets a byte of the memory, as firmware or the board leaves it.
     *
     * @param at 0Eh to FFh
     */
    public void setNvram(int at, int value) {
        cmos[nvramIndex(at)] = (byte) value;
    }

    /** A byte of the memory, 0Eh to FFh. */
    public int nvram(int at) {
        return cmos[nvramIndex(at)] & 0xff;
    }

    private static int nvramIndex(int at) {
        if (at < FIRST_RAM || at > 0xff) {
            throw new IllegalArgumentException("no CMOS memory at " + at);
        }
        return at;
    }

    // Ports

    /** The index ports cannot be read back; they float. */
    @Override
    public long read(long offset, int size) {
        switch ((int) offset & 3) {
            case PORT_INDEX:
            case PORT_EXTENDED_INDEX:
                return 0xff;
            case PORT_DATA:
                return readRegister(index);
            default:
                return cmos[extendedIndex] & 0xff;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        int v = (int) value & 0xff;
        switch ((int) offset & 3) {
            case PORT_INDEX:
                index = v & INDEX_MASK;
                nmiDisabled = (v & INDEX_NMI_DISABLE) != 0;
                break;
            case PORT_DATA:
                writeRegister(index, v);
                break;
            case PORT_EXTENDED_INDEX:
                extendedIndex = EXTENDED_BANK | v;
                break;
            default:
                cmos[extendedIndex] = (byte) v;
                break;
        }
    }

    private static int alias(int at) {
        return at == CENTURY_PS2 ? CENTURY : at;
    }

    private int readRegister(int at) {
        int register = alias(at);
        if (register >= FIRST_RAM && register != CENTURY) {
            return cmos[register] & 0xff;
        }
        sync();
        if (register == REG_A) {
            return cmos[REG_A] & 0xff | (updateInProgress() ? A_UIP : 0);
        }
        if (register == REG_C) {
            return readFlags();
        }
        return cmos[register] & 0xff;
    }

    /** "Register C": reading shows all flags, clears them and releases the interrupt. */
    private int readFlags() {
        int flags = cmos[REG_C] & 0xff;
        int value = requesting() ? flags | C_IRQF : flags;
        cmos[REG_C] = 0;
        irq.set(false);
        schedule();
        return value;
    }

    private void writeRegister(int at, int value) {
        int register = alias(at);
        if (register >= FIRST_RAM && register != CENTURY) {
            cmos[register] = (byte) value;
            return;
        }
        sync();
        switch (register) {
            case REG_A:
                writeA(value);
                break;
            case REG_B:
                // "Register B": SET takes UIE back.
                cmos[REG_B] = (byte) ((value & B_SET) != 0 ? value & ~B_UIE : value);
                break;
            case REG_C:
            case REG_D:
                return;
            default:
                cmos[register] = (byte) value;
                break;
        }
        // A flag that is already set interrupts as soon as it is enabled.
        irq.set(requesting());
        schedule();
    }

    private void writeA(int value) {
        boolean wasCounting = counting();
        cmos[REG_A] = (byte) (value & ~A_UIP);
        if (!wasCounting && counting()) {
            long now = clock.nanos();
            chainStart = now - FIRST_UPDATE_NANOS;
            seenTicks = ticksAt(now);
        }
    }

    // Time base

    private boolean counting() {
        return (cmos[REG_A] >> A_DV_SHIFT & A_DV_MASK) <= DV_LAST_COUNTING;
    }

    private boolean updating() {
        return counting() && (cmos[REG_B] & B_SET) == 0;
    }

    private boolean updateInProgress() {
        return updating() && seenTicks % TICKS_PER_SECOND >= TICKS_PER_SECOND - UIP_TICKS;
    }

    /** Ticks between two periodic interrupts, 0 for none ("Rate selection"; the two fastest codes repeat slower ones). */
    private int periodTicks() {
        int rs = cmos[REG_A] & A_RS_MASK;
        if (rs == 0) {
            return 0;
        }
        return 1 << (rs <= 2 ? rs + 7 : rs) - 1;
    }

    private long ticksAt(long nanos) {
        long elapsed = nanos - chainStart;
        return elapsed / VirtualClock.SECOND * TICKS_PER_SECOND
                + elapsed % VirtualClock.SECOND * TICKS_PER_SECOND / VirtualClock.SECOND;
    }

    /** The first nanosecond at which {@link #ticksAt} is {@code ticks}. */
    private long nanosAt(long ticks) {
        long part = ticks % TICKS_PER_SECOND * VirtualClock.SECOND;
        return chainStart
                + ticks / TICKS_PER_SECOND * VirtualClock.SECOND
                + (part + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND;
    }

    /** Brings time and flags up to now. */
    private void sync() {
        if (!counting()) {
            return;
        }
        long ticks = ticksAt(clock.nanos());
        int period = periodTicks();
        if (period != 0 && ticks / period != seenTicks / period) {
            cmos[REG_C] |= C_PF;
        }
        long seconds = ticks / TICKS_PER_SECOND - seenTicks / TICKS_PER_SECOND;
        seenTicks = ticks;
        if (seconds > 0 && updating()) {
            long toAlarm = time.secondsToAlarm();
            if (toAlarm > 0 && toAlarm <= seconds) {
                cmos[REG_C] |= C_AF;
            }
            cmos[REG_C] |= C_UF;
            time.advance(seconds);
        }
    }

    // Interrupts

    private boolean requesting() {
        return (cmos[REG_C] & cmos[REG_B] & (C_PF | C_AF | C_UF)) != 0;
    }

    private void onTimer() {
        sync();
        irq.set(requesting());
        schedule();
    }

    /** Arms the timer for the next flag that would interrupt. One already set holds the line, no timer is needed for it. */
    private void schedule() {
        int waiting = cmos[REG_B] & ~cmos[REG_C];
        long next = Long.MAX_VALUE;
        if (counting() && (waiting & B_PIE) != 0 && periodTicks() != 0) {
            next = (seenTicks / periodTicks() + 1) * periodTicks();
        }
        if (updating() && (waiting & (B_UIE | B_AIE)) != 0) {
            long second = seenTicks / TICKS_PER_SECOND;
            long updates = (waiting & B_UIE) != 0 ? 1 : time.secondsToAlarm();
            if (updates > 0) {
                next = Math.min(next, (second + updates) * TICKS_PER_SECOND);
            }
        }
        if (next == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.arm(nanosAt(next));
        }
    }
}
