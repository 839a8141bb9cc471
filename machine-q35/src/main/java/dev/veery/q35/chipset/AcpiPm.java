package dev.veery.q35.chipset;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.register.RegisterBank;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/**
 * The power-management block at PMBASE, 128 ports (ICH9 13.8.3): the ACPI fixed hardware, SMI enables and the TCO
 * registers. Accesses of 1, 2 and 4 bytes.
 */
public final class AcpiPm implements MmioHandler, Resettable {
    /** Ports. */
    public static final int LENGTH = 128;

    /** Frequency of the power-management timer, hertz. */
    public static final long TIMER_HZ = 3_579_545;

    static final int PM1_STS = 0x00;
    static final int PM1_EN = 0x02;
    static final int PM1_CNT = 0x04;
    static final int PM1_TMR = 0x08;
    static final int GPE0_STS = 0x20;
    static final int GPE0_EN = 0x28;
    private static final int SMI_EN = 0x30;
    private static final int SMI_STS = 0x34;
    private static final int UPRWC = 0x3c;
    private static final int TCO_RLD = 0x60;
    private static final int TCO1_STS = 0x64;
    private static final int TCO2_STS = 0x66;
    private static final int TCO1_CNT = 0x68;
    private static final int TCO2_CNT = 0x6a;
    private static final int TCO_MESSAGE1 = 0x6c;
    private static final int TCO_WDCNT = 0x6e;
    private static final int SW_IRQ_GEN = 0x70;
    private static final int TCO_TMR = 0x72;

    static final int TMROF = 1;
    static final int GBL = 1 << 5;
    static final int PWRBTN = 1 << 8;
    static final int RTC = 1 << 10;
    private static final int WAK = 1 << 15;
    private static final int PM1_STS_W1C = TMROF | 1 << 4 | GBL | PWRBTN | RTC | 1 << 11 | 1 << 14 | WAK;
    private static final int PM1_EN_WRITABLE = TMROF | GBL | PWRBTN | RTC | 1 << 14;

    static final int SCI_EN = 1;
    static final int SLP_TYP_SHIFT = 10;
    static final int SLP_EN = 1 << 13;
    private static final int PM1_CNT_WRITABLE = SCI_EN | 1 << 1 | 7 << SLP_TYP_SHIFT;
    /** The sleep type that means S5, soft off; the DSDT's \_S5 says the same. */
    private static final int SLP_TYP_S5 = 0;

    private static final int TIMER_BITS = 24;
    private static final long TIMER_MASK = (1L << TIMER_BITS) - 1;
    /** TMROF is set whenever the timer's highest bit changes. */
    private static final int TOGGLE_SHIFT = TIMER_BITS - 1;

    private final VirtualClock clock;
    private final VmTimer overflow;
    private final IrqLine sci;
    private final Runnable powerOff;
    private final RegisterBank bank = new RegisterBank(LENGTH);

    /** How many changes of the highest timer bit TMROF accounts for. */
    private long seenToggles;

    /**
     * Makes the block.
     *
     * @param sci the system control interrupt, active high
     * @param powerOff asked for when the guest enters S5
     */
    public AcpiPm(VirtualClock clock, IrqLine sci, Runnable powerOff) {
        this.clock = clock;
        this.sci = sci;
        this.powerOff = powerOff;
        overflow = clock.newTimer("acpi-pm-timer", this::update);
        bank.declareWriteOneToClear(PM1_STS, 2, PM1_STS_W1C);
        bank.declare(PM1_EN, 2, 0, PM1_EN_WRITABLE);
        bank.declare(PM1_CNT, 4, 0, PM1_CNT_WRITABLE);
        bank.declareWriteOneToClear(GPE0_STS, 8, -1L);
        bank.declare(GPE0_EN, 8, 0, -1L);
        bank.declare(SMI_EN, 4, 0, 0x8000_7fffL);
        bank.declareWriteOneToClear(SMI_STS, 4, 0xffff_ffffL);
        bank.declare(UPRWC, 2, 0, 1);
        declareTco();
    }

    /** ICH9 13.9: the watchdog's registers are there, and its timer never runs. */
    private void declareTco() {
        bank.declare(TCO_RLD, 4, 0, 0xffff_ffffL);
        bank.declareWriteOneToClear(TCO1_STS, 2, 0x3f8f);
        bank.declareWriteOneToClear(TCO2_STS, 2, 0x1f);
        bank.declare(TCO1_CNT, 2, 0, 0x1b00);
        bank.declare(TCO2_CNT, 2, 8, 0x3c);
        bank.declare(TCO_MESSAGE1, 2, 0, 0xffff);
        bank.declare(TCO_WDCNT, 1, 0, 0xff);
        bank.declare(SW_IRQ_GEN, 1, 3, 3);
        bank.declare(TCO_TMR, 2, 4, 0x3ff);
    }

    @Override
    public void reset() {
        bank.reset();
        seenToggles = ticks() >>> TOGGLE_SHIFT;
        update();
    }

    /** What firmware does: hands the chip over in ACPI mode. There is no legacy mode to come from. */
    public void setUpAsFirmware() {
        bank.setBits(PM1_CNT, 2, SCI_EN, true);
        update();
    }

    /** The power button: a short press that the operating system hears of. */
    public void pressPowerButton() {
        bank.setBits(PM1_STS, 2, PWRBTN, true);
        update();
    }

    /** Raises or clears general-purpose event {@code n}, 0 to 63; clearing is the guest's by writing ones. */
    public void raiseGpe(int n) {
        bank.setBits(GPE0_STS, 8, 1L << n, true);
        update();
    }

    /** Ticks since the machine was created; split so that the product fits. */
    private long ticks() {
        long nanos = clock.nanos();
        return nanos / VirtualClock.SECOND * TIMER_HZ + nanos % VirtualClock.SECOND * TIMER_HZ / VirtualClock.SECOND;
    }

    private static long nanosOf(long ticks) {
        return ticks / TIMER_HZ * VirtualClock.SECOND
                + (ticks % TIMER_HZ * VirtualClock.SECOND + TIMER_HZ - 1) / TIMER_HZ;
    }

    @Override
    public long read(long offset, int size) {
        int at = (int) offset;
        if (at >= PM1_TMR && at < PM1_TMR + 4) {
            return (ticks() & TIMER_MASK) >>> 8 * (at - PM1_TMR);
        }
        if (at < PM1_EN) {
            noteOverflow();
        }
        return bank.read(at, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset;
        if (at < PM1_EN) {
            noteOverflow();
        }
        bank.write(at, size, value);
        int sleepByte = PM1_CNT + 1;
        if (at <= sleepByte && at + size > sleepByte) {
            sleep((int) (value << 8 * at >>> 8 * PM1_CNT));
        }
        if (at < SMI_EN) {
            update();
        }
    }

    private void sleep(int control) {
        int type = (int) bank.get(PM1_CNT, 2) >> SLP_TYP_SHIFT & 7;
        if ((control & SLP_EN) != 0 && type == SLP_TYP_S5) {
            powerOff.run();
        }
    }

    private void noteOverflow() {
        long toggles = ticks() >>> TOGGLE_SHIFT;
        if (toggles != seenToggles) {
            seenToggles = toggles;
            bank.setBits(PM1_STS, 2, TMROF, true);
        }
    }

    /** Drives the SCI, and waits for the timer's next overflow if that would raise it. */
    private void update() {
        noteOverflow();
        int status = (int) bank.get(PM1_STS, 2);
        int enabled = (int) bank.get(PM1_EN, 2);
        boolean event = (status & enabled & (TMROF | GBL | PWRBTN | RTC)) != 0
                || (bank.get(GPE0_STS, 8) & bank.get(GPE0_EN, 8)) != 0;
        sci.set(event && (bank.get(PM1_CNT, 2) & SCI_EN) != 0);
        if ((enabled & ~status & TMROF) != 0) {
            overflow.arm(nanosOf(seenToggles + 1 << TOGGLE_SHIFT));
        } else {
            overflow.cancel();
        }
    }
}
