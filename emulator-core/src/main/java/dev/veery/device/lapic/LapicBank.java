package dev.veery.device.lapic;

import dev.veery.irq.InterruptBus;
import dev.veery.time.VirtualClock;

/** The registers of a local APIC by number, the same for both access modes except where {@link Lapic#x2apic()} asks. */
final class LapicBank {
    private static final int SHORTHAND_NONE = 0;
    private static final int SHORTHAND_SELF = 1;
    private static final int SHORTHAND_ALL = 2;

    private final Lapic apic;
    private final LapicConfig config;
    private final InterruptBus bus;
    private final LapicTimer timer;
    private final int[] lvt = new int[LapicRegs.LVT_COUNT];

    private int id;
    private int tpr;
    private int ldr;
    private int dfr;
    private int svr;
    private int dcr;
    private int icrLow;
    private int icrHigh;

    /** Errors since the last write of ESR, and what that write latched for reading. */
    private int errors;

    private int esr;

    LapicBank(Lapic apic, LapicConfig config, InterruptBus bus, VirtualClock clock) {
        this.apic = apic;
        this.config = config;
        this.bus = bus;
        String name = "lapic" + Integer.toUnsignedString(config.apicId());
        this.timer = new LapicTimer(clock, name, () -> apic.deliverLocal(timerEntry()));
    }

    LapicTimer timer() {
        return timer;
    }

    int tpr() {
        return tpr;
    }

    void setTpr(int value) {
        tpr = value & 0xff;
        apic.update();
    }

    boolean softwareEnabled() {
        return (svr & LapicRegs.SVR_ENABLE) != 0;
    }

    int lvt(int reg) {
        return lvt[reg - LapicRegs.LVT_FIRST];
    }

    void setLint0RemoteIrr(boolean set) {
        int i = LapicRegs.LVT_LINT0 - LapicRegs.LVT_FIRST;
        lvt[i] = set ? lvt[i] | LapicRegs.LVT_REMOTE_IRR : lvt[i] & ~LapicRegs.LVT_REMOTE_IRR;
    }

    /** SDM 11.4.7.1. */
    void reset() {
        id = config.apicId() << 24;
        tpr = 0;
        ldr = 0;
        dfr = LapicRegs.DFR_RESET;
        svr = LapicRegs.SVR_RESET;
        dcr = 0;
        icrLow = 0;
        icrHigh = 0;
        errors = 0;
        esr = 0;
        for (int i = 0; i < LapicRegs.LVT_COUNT; i++) {
            lvt[i] = LapicRegs.LVT_MASKED;
        }
        timer.reset();
    }

    /** Whether a message to {@code dest}, not the broadcast one, is for this APIC (SDM 11.6.2, 11.12.10). */
    boolean answersTo(int dest, boolean logical) {
        if (apic.x2apic()) {
            if (!logical) {
                return dest == config.apicId();
            }
            int own = x2Ldr();
            return own >>> 16 == dest >>> 16 && (own & dest & 0xffff) != 0;
        }
        if (dest >>> 8 != 0) {
            return false;
        }
        if (!logical) {
            return dest == id >>> 24;
        }
        int own = ldr >>> 24;
        if (dfr >>> LapicRegs.DFR_MODEL_SHIFT == LapicRegs.DFR_FLAT) {
            return (own & dest) != 0;
        }
        return own >>> 4 == dest >>> 4 && (own & dest & 0xf) != 0;
    }

    /** Notes an error; a kind not yet noted since ESR was written raises the LVT error interrupt (SDM 11.5.3). */
    void raiseError(int bit) {
        boolean fresh = (errors & bit) == 0;
        errors |= bit;
        if (fresh) {
            apic.deliverLocal(lvt(LapicRegs.LVT_ERROR));
        }
    }

    int read(int reg) {
        if (LapicRegs.isLvt(reg)) {
            return lvt(reg);
        }
        return switch (reg) {
            case LapicRegs.ID -> apic.x2apic() ? config.apicId() : id;
            case LapicRegs.VERSION -> LapicRegs.VERSION_VALUE;
            case LapicRegs.TPR -> tpr;
            case LapicRegs.APR -> arbitrationPriority();
            case LapicRegs.PPR -> apic.processorPriority();
            case LapicRegs.LDR -> apic.x2apic() ? x2Ldr() : ldr;
            case LapicRegs.DFR -> dfr;
            case LapicRegs.SVR -> svr;
            case LapicRegs.ESR -> esr;
            case LapicRegs.ICR -> icrLow;
            case LapicRegs.ICR_HIGH -> icrHigh;
            case LapicRegs.INITIAL_COUNT -> timer.initialCount();
            case LapicRegs.CURRENT_COUNT -> timer.currentCount();
            case LapicRegs.DCR -> dcr;
            default -> readState(reg);
        };
    }

    private int readState(int reg) {
        return switch (reg & ~7) {
            case LapicRegs.ISR -> apic.isr().register(reg & 7);
            case LapicRegs.TMR -> apic.tmr().register(reg & 7);
            case LapicRegs.IRR -> apic.irr().register(reg & 7);
            default -> 0;
        };
    }

    void write(int reg, int value) {
        if (LapicRegs.isLvt(reg)) {
            writeLvt(reg, value);
            return;
        }
        switch (reg) {
            case LapicRegs.ID -> id = value & 0xff << 24;
            case LapicRegs.TPR -> setTpr(value);
            case LapicRegs.EOI -> apic.endOfInterrupt();
            case LapicRegs.LDR -> ldr = value & 0xff << 24;
            case LapicRegs.DFR -> dfr = value | -1 >>> 32 - LapicRegs.DFR_MODEL_SHIFT;
            case LapicRegs.SVR -> writeSvr(value);
            case LapicRegs.ESR -> {
                esr = errors;
                errors = 0;
            }
            case LapicRegs.ICR -> {
                icrLow = value & LapicRegs.ICR_LOW_WRITABLE;
                sendIpi(icrLow, InterruptBus.widen(icrHigh >>> 24));
            }
            case LapicRegs.ICR_HIGH -> icrHigh = value & 0xff << 24;
            case LapicRegs.INITIAL_COUNT -> timer.setInitialCount(value);
            case LapicRegs.DCR -> {
                dcr = value & LapicRegs.DCR_WRITABLE;
                timer.setDivide(dcr);
            }
            case LapicRegs.SELF_IPI -> sendIpi(value & 0xff | SHORTHAND_SELF << LapicRegs.ICR_SHORTHAND_SHIFT, 0);
            default -> {
                // Read-only.
            }
        }
    }

    /** The x2APIC ICR: one write of both halves sends. */
    void writeIcr(long value) {
        icrLow = (int) value & LapicRegs.ICR_LOW_WRITABLE & ~LapicRegs.X2_ICR_BUSY;
        icrHigh = (int) (value >>> 32);
        sendIpi(icrLow, icrHigh);
    }

    long readIcr() {
        return (long) icrHigh << 32 | icrLow & 0xffffffffL;
    }

    private int timerEntry() {
        return lvt(LapicRegs.LVT_TIMER) & (LapicRegs.LVT_MASKED | 0xff);
    }

    private void writeSvr(int value) {
        svr = value & LapicRegs.SVR_WRITABLE;
        if (!softwareEnabled()) {
            // SDM 11.4.7.2: disabling masks every entry, and they stay so until written again.
            for (int i = 0; i < LapicRegs.LVT_COUNT; i++) {
                lvt[i] |= LapicRegs.LVT_MASKED;
            }
        }
        apic.update();
    }

    private void writeLvt(int reg, int value) {
        int i = reg - LapicRegs.LVT_FIRST;
        int entry = value & LapicRegs.lvtWritable(reg, config.tscDeadline()) | lvt[i] & LapicRegs.LVT_REMOTE_IRR;
        if ((entry & LapicRegs.LVT_LEVEL) == 0) {
            entry &= ~LapicRegs.LVT_REMOTE_IRR;
        }
        lvt[i] = softwareEnabled() ? entry : entry | LapicRegs.LVT_MASKED;
        if (reg == LapicRegs.LVT_TIMER) {
            timer.setMode(entry >>> LapicRegs.LVT_TIMER_MODE_SHIFT & 3);
        } else if (reg == LapicRegs.LVT_LINT0) {
            apic.offerLint0(false);
        }
        apic.update();
    }

    /** SDM 11.6.1: what a write of the ICR sends. An IPI is always an edge, whatever its trigger mode bit. */
    private void sendIpi(int low, int dest) {
        int vector = low & 0xff;
        int mode = low >>> LapicRegs.LVT_MODE_SHIFT & 7;
        boolean interrupt = mode == InterruptBus.FIXED || mode == InterruptBus.LOWEST_PRIORITY;
        if (interrupt && vector < LapicRegs.FIRST_LEGAL_VECTOR) {
            raiseError(LapicRegs.ESR_SEND_ILLEGAL_VECTOR);
            return;
        }
        // The INIT level de-assert only synchronised arbitration ids before the Pentium 4. ExtINT cannot be sent.
        boolean deassert = (low & (LapicRegs.ICR_LEVEL | LapicRegs.ICR_ASSERT)) == LapicRegs.ICR_LEVEL;
        if (mode == InterruptBus.INIT && deassert || mode == InterruptBus.EXTINT) {
            return;
        }
        switch (low >>> LapicRegs.ICR_SHORTHAND_SHIFT & 3) {
            case SHORTHAND_NONE -> bus.deliver(dest, (low & LapicRegs.ICR_LOGICAL) != 0, mode, vector, false);
            case SHORTHAND_SELF -> apic.accept(mode, vector, false);
            case SHORTHAND_ALL -> bus.deliverToAll(null, mode, vector, false);
            default -> bus.deliverToAll(apic, mode, vector, false);
        }
    }

    private int x2Ldr() {
        return config.apicId() >>> 4 << 16 | 1 << (config.apicId() & 0xf);
    }

    /** SDM 11.6.2.4, as P6 processors compute it. */
    private int arbitrationPriority() {
        int task = tpr >>> 4;
        int requested = Math.max(apic.irr().highest(), 0) >>> 4;
        int serving = Math.max(apic.isr().highest(), 0) >>> 4;
        if (task >= requested && task > serving) {
            return tpr;
        }
        return Math.max(Math.max(task & serving, requested), serving) << 4;
    }
}
