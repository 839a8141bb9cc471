package dev.veery.device.lapic;

import dev.veery.irq.ApicTarget;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.ExtIntSource;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.LocalApic;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.VirtualClock;

/**
 * A processor's local APIC. Its registers are in {@link LapicBank}; this class accepts, ranks and hands out interrupts,
 * and keeps IA32_APIC_BASE.
 */
public final class Lapic implements LocalApic, ApicTarget, Resettable {
    /** IA32_APIC_BASE at power-on: the address every processor starts with (SDM 11.4.4). */
    public static final long DEFAULT_BASE = 0xfee00000L;

    static final long BASE_BOOTSTRAP = 1 << 8;
    static final long BASE_X2APIC = 1 << 10;
    static final long BASE_ENABLE = 1 << 11;
    private static final long BASE_MODE = BASE_X2APIC | BASE_ENABLE;
    private static final long PAGE = 0x1000;

    private final LapicConfig config;
    private final InterruptBus bus;
    private final ExtIntSource pic;
    private final CpuSignals cpu;
    private final LapicBank bank;
    private final LapicMmio mmio;
    private Runnable pageMoved = () -> {};
    private final IrqLine lint0 = this::setLint0;
    private final IrqLine lint1 = this::setLint1;

    private final VectorSet irr = new VectorSet();
    private final VectorSet isr = new VectorSet();
    private final VectorSet tmr = new VectorSet();

    private long base;
    private boolean lint0Level;
    private boolean lint1Level;

    /** An ExtINT message arrived over the bus and its INTA cycle has not run yet. */
    private boolean extIntMessage;

    private volatile boolean requesting;

    /**
     * Makes a local APIC, in its power-on state. The board attaches it to {@code bus}.
     *
     * @param pic who answers the INTA cycle of an ExtINT
     * @param cpu the processor
     * @param clock drives the timer
     */
    public Lapic(LapicConfig config, InterruptBus bus, ExtIntSource pic, CpuSignals cpu, VirtualClock clock) {
        this.config = config;
        this.bus = bus;
        this.pic = pic;
        this.cpu = cpu;
        this.bank = new LapicBank(this, config, bus, clock);
        this.mmio = new LapicMmio(this, bank);
        reset();
    }

    /** The register page; the processor routes its own accesses to {@link #base()} here. */
    public MmioHandler mmio() {
        return mmio;
    }

    /** Names who moves the register page when {@link #mmioBase()} changes; called with the machine lock held. */
    public void onPageMoved(Runnable listener) {
        pageMoved = listener;
    }

    /** Physical address of the register page, or -1 while there is none: globally disabled, or x2APIC mode. */
    public long mmioBase() {
        return (base & BASE_MODE) == BASE_ENABLE ? base & -PAGE : -1;
    }

    /** The LINT0 pin, to which the board connects the 8259's INTR; the INTR pin itself while the APIC is disabled. */
    public IrqLine lint0() {
        return lint0;
    }

    /** The LINT1 pin; the NMI pin while the APIC is disabled. */
    public IrqLine lint1() {
        return lint1;
    }

    @Override
    public void reset() {
        base = DEFAULT_BASE | BASE_ENABLE | (config.bootstrap() ? BASE_BOOTSTRAP : 0);
        clear();
        pageMoved.run();
    }

    @Override
    public void init() {
        clear();
    }

    /**
     * What firmware leaves on the bootstrap processor: software-enabled, the 8259 on LINT0 as ExtINT, NMI on LINT1
     * (MultiProcessor Specification 1.4, 3.6.2.2, virtual wire mode).
     */
    public void enterVirtualWire() {
        bank.write(LapicRegs.SVR, LapicRegs.SVR_ENABLE | LapicRegs.SVR_RESET);
        bank.write(LapicRegs.LVT_LINT0, InterruptBus.EXTINT << LapicRegs.LVT_MODE_SHIFT);
        bank.write(LapicRegs.LVT_LINT1, InterruptBus.NMI << LapicRegs.LVT_MODE_SHIFT);
    }

    @Override
    public boolean hasInterrupt() {
        return requesting;
    }

    @Override
    public int pendingVector() {
        return extIntPending() ? pic.pendingVector() : deliverable();
    }

    @Override
    public int acknowledge() {
        if (extIntPending()) {
            extIntMessage = false;
            int vector = pic.acknowledge();
            update();
            return vector;
        }
        int vector = deliverable();
        if (vector >= 0) {
            irr.remove(vector);
            isr.add(vector);
            update();
        }
        return vector;
    }

    @Override
    public int cr8() {
        return bank.tpr() >>> 4;
    }

    @Override
    public void setCr8(int value) {
        bank.setTpr((value & 0xf) << 4);
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public boolean setBase(long value) {
        long allowed = (1L << config.physicalBits()) - PAGE | BASE_BOOTSTRAP | BASE_ENABLE;
        if (config.x2apic()) {
            allowed |= BASE_X2APIC;
        }
        if ((value & ~allowed) != 0 || !legalTransition(base & BASE_MODE, value & BASE_MODE)) {
            return false;
        }
        base = value;
        if (!enabled()) {
            // SDM 11.4.3: an APIC that was disabled comes back as after power-up.
            clear();
        } else {
            update();
        }
        pageMoved.run();
        return true;
    }

    /** SDM 11.12.5, figure 11-32. */
    private static boolean legalTransition(long from, long to) {
        if (to == BASE_X2APIC) {
            return false;
        }
        if (from == BASE_MODE) {
            return to != BASE_ENABLE;
        }
        return from == BASE_ENABLE || to != BASE_MODE;
    }

    @Override
    public long tscDeadline() {
        return bank.timer().tscDeadline();
    }

    @Override
    public void setTscDeadline(long ticks) {
        bank.timer().setTscDeadline(ticks);
    }

    @Override
    public boolean x2apic() {
        return (base & BASE_MODE) == BASE_MODE;
    }

    @Override
    public boolean msrReadable(int msr) {
        return x2apic() && LapicRegs.x2Readable(msr - LapicX2.FIRST_MSR);
    }

    @Override
    public long readMsr(int msr) {
        return LapicX2.read(bank, msr);
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        return x2apic() && LapicX2.write(bank, msr, value, config.tscDeadline());
    }

    @Override
    public boolean matches(int dest, boolean logical) {
        return enabled() && (dest == InterruptBus.BROADCAST || bank.answersTo(dest, logical));
    }

    @Override
    public boolean acceptsFixed() {
        return bank.softwareEnabled();
    }

    @Override
    public int processorPriority() {
        int inService = isr.highest() & ~0xf;
        int task = bank.tpr();
        return inService > (task & ~0xf) ? inService : task;
    }

    @Override
    public void accept(int mode, int vector, boolean level) {
        switch (mode) {
            case InterruptBus.FIXED, InterruptBus.LOWEST_PRIORITY -> acceptFixed(vector, level);
            case InterruptBus.NMI -> cpu.nmi();
            case InterruptBus.INIT -> cpu.init();
            case InterruptBus.STARTUP -> cpu.startup(vector);
            case InterruptBus.EXTINT -> {
                extIntMessage = bank.softwareEnabled();
                update();
            }
            default -> {
                // SMI, and encodings that do not exist.
            }
        }
    }

    /** Whether IA32_APIC_BASE enables the APIC. */
    boolean enabled() {
        return (base & BASE_ENABLE) != 0;
    }

    VectorSet irr() {
        return irr;
    }

    VectorSet isr() {
        return isr;
    }

    VectorSet tmr() {
        return tmr;
    }

    /** An LVT entry's event: delivered as the entry says. */
    void deliverLocal(int entry) {
        if ((entry & LapicRegs.LVT_MASKED) != 0) {
            return;
        }
        int mode = entry >>> LapicRegs.LVT_MODE_SHIFT & 7;
        if (mode != InterruptBus.EXTINT && mode != InterruptBus.STARTUP) {
            accept(mode, entry & 0xff, (entry & LapicRegs.LVT_LEVEL) != 0);
        }
    }

    /** The EOI register (SDM 11.8.5). */
    void endOfInterrupt() {
        int vector = isr.highest();
        if (vector < 0) {
            return;
        }
        isr.remove(vector);
        if (tmr.has(vector)) {
            bus.endOfInterrupt(vector);
            int entry = bank.lvt(LapicRegs.LVT_LINT0);
            if ((entry & LapicRegs.LVT_REMOTE_IRR) != 0 && (entry & 0xff) == vector) {
                bank.setLint0RemoteIrr(false);
                offerLint0(false);
            }
        }
        update();
    }

    /** LINT0 as a level-triggered fixed interrupt, or on a rising edge; ExtINT is looked at when asked for. */
    void offerLint0(boolean rising) {
        int entry = bank.lvt(LapicRegs.LVT_LINT0);
        boolean fixed = (entry >>> LapicRegs.LVT_MODE_SHIFT & 7) == InterruptBus.FIXED;
        if (fixed && (entry & LapicRegs.LVT_LEVEL) != 0) {
            if (lint0Level && (entry & (LapicRegs.LVT_REMOTE_IRR | LapicRegs.LVT_MASKED)) == 0) {
                bank.setLint0RemoteIrr(true);
                deliverLocal(entry);
            }
        } else if (rising) {
            deliverLocal(entry);
        }
    }

    /** Recomputes the request to the processor after anything that may change it. */
    void update() {
        boolean now = extIntPending() || deliverable() >= 0;
        if (now != requesting) {
            requesting = now;
            if (now) {
                cpu.interruptRequested();
            }
        }
    }

    private void acceptFixed(int vector, boolean level) {
        if (!bank.softwareEnabled()) {
            return;
        }
        if (vector < LapicRegs.FIRST_LEGAL_VECTOR) {
            bank.raiseError(LapicRegs.ESR_RECEIVE_ILLEGAL_VECTOR);
            return;
        }
        irr.add(vector);
        if (level) {
            tmr.add(vector);
        } else {
            tmr.remove(vector);
        }
        update();
    }

    /** The vector whose class exceeds the processor's priority class, or -1. */
    private int deliverable() {
        int vector = irr.highest();
        return vector >= 0 && enabled() && vector >>> 4 > processorPriority() >>> 4 ? vector : -1;
    }

    private boolean extIntPending() {
        if (!enabled()) {
            return lint0Level;
        }
        if (extIntMessage) {
            return true;
        }
        int entry = bank.lvt(LapicRegs.LVT_LINT0);
        return lint0Level
                && (entry & LapicRegs.LVT_MASKED) == 0
                && (entry >>> LapicRegs.LVT_MODE_SHIFT & 7) == InterruptBus.EXTINT;
    }

    private void setLint0(boolean level) {
        boolean rising = level && !lint0Level;
        lint0Level = level;
        if (enabled()) {
            offerLint0(rising);
        }
        update();
    }

    private void setLint1(boolean level) {
        boolean rising = level && !lint1Level;
        lint1Level = level;
        if (!rising) {
            return;
        }
        if (enabled()) {
            // SDM 11.5.1: LINT1 is always edge-triggered.
            deliverLocal(bank.lvt(LapicRegs.LVT_LINT1) & ~LapicRegs.LVT_LEVEL);
        } else {
            cpu.nmi();
        }
    }

    private void clear() {
        irr.clear();
        isr.clear();
        tmr.clear();
        extIntMessage = false;
        bank.reset();
        update();
    }
}
