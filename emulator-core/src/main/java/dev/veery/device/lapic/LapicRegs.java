package dev.veery.device.lapic;

/** Register numbers (offset in the xAPIC page divided by 16, and offset from MSR 800h) and fields, SDM 11.4.1 and 11.12.1.2. */
final class LapicRegs {
    /** Registers that have a number; the rest of the page is reserved. */
    static final int COUNT = 64;

    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TPR = 0x08;
    static final int APR = 0x09;
    static final int PPR = 0x0a;
    static final int EOI = 0x0b;
    static final int RRD = 0x0c;
    static final int LDR = 0x0d;
    static final int DFR = 0x0e;
    static final int SVR = 0x0f;
    static final int ISR = 0x10;
    static final int TMR = 0x18;
    static final int IRR = 0x20;
    static final int ESR = 0x28;
    static final int ICR = 0x30;
    static final int ICR_HIGH = 0x31;
    static final int LVT_TIMER = 0x32;
    static final int LVT_THERMAL = 0x33;
    static final int LVT_PERF = 0x34;
    static final int LVT_LINT0 = 0x35;
    static final int LVT_LINT1 = 0x36;
    static final int LVT_ERROR = 0x37;
    static final int INITIAL_COUNT = 0x38;
    static final int CURRENT_COUNT = 0x39;
    static final int DCR = 0x3e;
    static final int SELF_IPI = 0x3f;

    static final int LVT_FIRST = LVT_TIMER;
    static final int LVT_COUNT = 6;

    /** SDM 11.4.8: integrated APIC, highest LVT entry 5, no EOI-broadcast suppression. */
    static final int VERSION_VALUE = 0x00050014;

    static final int SVR_ENABLE = 1 << 8;

    /** Vector, enable, and focus checking, which old kernels set. */
    static final int SVR_WRITABLE = 0x3ff;

    static final int SVR_RESET = 0xff;

    /** SDM 11.5.1. */
    static final int LVT_MODE_SHIFT = 8;

    static final int LVT_STATUS = 1 << 12;
    static final int LVT_REMOTE_IRR = 1 << 14;
    static final int LVT_LEVEL = 1 << 15;
    static final int LVT_MASKED = 1 << 16;
    static final int LVT_TIMER_MODE_SHIFT = 17;
    static final int LVT_TIMER_DEADLINE = 1 << 18;

    /** SDM 11.6.1. */
    static final int ICR_LOGICAL = 1 << 11;

    static final int ICR_ASSERT = 1 << 14;
    static final int ICR_LEVEL = 1 << 15;
    static final int ICR_SHORTHAND_SHIFT = 18;
    static final int ICR_LOW_WRITABLE = 0xccfff;

    /** SDM 11.12.9: bits 31:20, 17:16 and 13; bit 12 is ignored. */
    static final long X2_ICR_RESERVED = 0xfff32000L;

    static final int X2_ICR_BUSY = 1 << 12;

    /** SDM 11.5.3. */
    static final int ESR_SEND_ILLEGAL_VECTOR = 1 << 5;

    static final int ESR_RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    static final int ESR_ILLEGAL_REGISTER = 1 << 7;

    /** Vectors below this are exceptions: illegal in a message. */
    static final int FIRST_LEGAL_VECTOR = 16;

    static final int DFR_RESET = 0xffffffff;
    static final int DFR_MODEL_SHIFT = 28;
    static final int DFR_FLAT = 0xf;
    static final int DCR_WRITABLE = 0xb;

    /** Bits an LVT entry keeps of a write; status and remote IRR are the APIC's own. */
    private static final int[] LVT_WRITABLE = {0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff};

    private static final long STATE = range(ISR, 8) | range(TMR, 8) | range(IRR, 8);
    private static final long READ_ONLY = bit(VERSION) | bit(PPR) | bit(CURRENT_COUNT) | STATE;
    private static final long READ_WRITE =
            bit(TPR) | bit(SVR) | bit(ESR) | bit(ICR) | range(LVT_FIRST, LVT_COUNT) | bit(INITIAL_COUNT) | bit(DCR);

    /** Registers of the xAPIC page. */
    private static final long XAPIC =
            READ_ONLY | READ_WRITE | bit(ID) | bit(APR) | bit(EOI) | bit(RRD) | bit(LDR) | bit(DFR) | bit(ICR_HIGH);

    private static final long X2_READABLE = READ_ONLY | READ_WRITE | bit(ID) | bit(LDR);
    private static final long X2_WRITABLE = READ_WRITE | bit(EOI) | bit(SELF_IPI);

    private LapicRegs() {}

    /** Whether the xAPIC page has register {@code reg}. */
    static boolean inXapic(int reg) {
        return reg < COUNT && (XAPIC >>> reg & 1) != 0;
    }

    /** Whether x2APIC mode can read register {@code reg}. */
    static boolean x2Readable(int reg) {
        return reg >= 0 && reg < COUNT && (X2_READABLE >>> reg & 1) != 0;
    }

    /** Whether x2APIC mode can write register {@code reg}. */
    static boolean x2Writable(int reg) {
        return reg >= 0 && reg < COUNT && (X2_WRITABLE >>> reg & 1) != 0;
    }

    static boolean isLvt(int reg) {
        return reg >= LVT_FIRST && reg < LVT_FIRST + LVT_COUNT;
    }

    /** The bits of LVT entry {@code reg} that software sets. */
    static int lvtWritable(int reg, boolean tscDeadline) {
        int mask = LVT_WRITABLE[reg - LVT_FIRST];
        return reg == LVT_TIMER && !tscDeadline ? mask & ~LVT_TIMER_DEADLINE : mask;
    }

    /** The bits that a 32-bit x2APIC write may have set without #GP (SDM 11.12.1.2). */
    static int x2Allowed(int reg, boolean tscDeadline) {
        if (isLvt(reg)) {
            boolean pin = reg == LVT_LINT0 || reg == LVT_LINT1;
            return lvtWritable(reg, tscDeadline) | LVT_STATUS | (pin ? LVT_REMOTE_IRR : 0);
        }
        return switch (reg) {
            case TPR, SELF_IPI -> 0xff;
            case SVR -> SVR_WRITABLE;
            case INITIAL_COUNT -> -1;
            case DCR -> DCR_WRITABLE;
            default -> 0;
        };
    }

    private static long bit(int reg) {
        return 1L << reg;
    }

    private static long range(int first, int count) {
        return (1L << count) - 1 << first;
    }
}
