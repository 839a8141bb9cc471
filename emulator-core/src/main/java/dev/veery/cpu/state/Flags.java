package dev.veery.cpu.state;

/**
 * The arithmetic flags, computed only when somebody looks. An operation leaves its kind and its operands in
 * {@link CpuState#ccOp}, ccRes, ccA and ccB, all sign-extended from the operation's size; sign extension keeps unsigned
 * order, so one formula serves every size.
 */
public final class Flags {
    /** The flags in {@link CpuState#rflags} are valid. */
    public static final int EXACT = 0;

    /** Res = A + B. */
    public static final int ADD = 1;

    /** Res = A + B + 1. */
    public static final int ADC1 = 2;

    /** Res = A - B; CMP and NEG too. */
    public static final int SUB = 3;

    /** Res = A - B - 1. */
    public static final int SBB1 = 4;

    /** AND, OR, XOR, TEST: CF = OF = 0. AF is undefined and reads 0. */
    public static final int LOGIC = 5;

    /** Res = A + 1; B holds the carry flag that INC keeps. */
    public static final int INC = 6;

    /** Res = A - 1; B holds the carry flag that DEC keeps. */
    public static final int DEC = 7;

    /** Any result whose flags are ready: B holds CF in bit 0 and OF in bit 1. Shifts, multiplications. AF reads 0. */
    public static final int RESULT = 8;

    private Flags() {}

    /** Leaves a result of a shift or multiplication, sign-extended, with its carry and overflow. */
    public static void result(CpuState s, long res, boolean carry, boolean overflow) {
        s.ccOp = RESULT;
        s.ccRes = res;
        s.ccB = (carry ? 1 : 0) | (overflow ? 2 : 0);
    }

    /** Leaves a logical result, sign-extended. */
    public static void logic(CpuState s, long res) {
        s.ccOp = LOGIC;
        s.ccRes = res;
    }

    /** Changes CF and OF alone. */
    public static void setCarryOverflow(CpuState s, boolean carry, boolean overflow) {
        int f = materialise(s) & ~(Cr.CF | Cr.OF);
        s.rflags = f | (carry ? Cr.CF : 0) | (overflow ? Cr.OF : 0);
    }

    /** Changes CF alone. */
    public static void setCarry(CpuState s, boolean carry) {
        int f = materialise(s) & ~Cr.CF;
        s.rflags = f | (carry ? Cr.CF : 0);
    }

    /** Replaces all arithmetic flags. */
    public static void setArithmetic(CpuState s, int flags) {
        s.rflags = s.rflags & ~Cr.ARITH | flags;
        s.ccOp = EXACT;
    }

    /** Computes all flags into {@link CpuState#rflags} and returns it. */
    public static int materialise(CpuState s) {
        if (s.ccOp != EXACT) {
            s.rflags = s.rflags & ~Cr.ARITH | arithmetic(s);
            s.ccOp = EXACT;
        }
        return s.rflags;
    }

    private static int arithmetic(CpuState s) {
        int f = 0;
        if (carry(s)) {
            f |= Cr.CF;
        }
        if (parity(s.ccRes)) {
            f |= Cr.PF;
        }
        if (auxiliary(s)) {
            f |= Cr.AF;
        }
        if (s.ccRes == 0) {
            f |= Cr.ZF;
        }
        if (s.ccRes < 0) {
            f |= Cr.SF;
        }
        if (overflow(s)) {
            f |= Cr.OF;
        }
        return f;
    }

    /** PF of a result: the low byte has an even number of ones. */
    public static boolean parity(long result) {
        return (Integer.bitCount((int) result & 0xff) & 1) == 0;
    }

    /** CF. */
    public static boolean carry(CpuState s) {
        switch (s.ccOp) {
            case EXACT:
                return (s.rflags & Cr.CF) != 0;
            case ADD:
                return s.ccRes + Long.MIN_VALUE < s.ccA + Long.MIN_VALUE;
            case ADC1:
                return s.ccRes + Long.MIN_VALUE <= s.ccA + Long.MIN_VALUE;
            case SUB:
                return s.ccA + Long.MIN_VALUE < s.ccB + Long.MIN_VALUE;
            case SBB1:
                return s.ccA + Long.MIN_VALUE <= s.ccB + Long.MIN_VALUE;
            case INC:
            case DEC:
                return s.ccB != 0;
            case RESULT:
                return (s.ccB & 1) != 0;
            default:
                return false;
        }
    }

    /** OF. */
    public static boolean overflow(CpuState s) {
        switch (s.ccOp) {
            case EXACT:
                return (s.rflags & Cr.OF) != 0;
            case ADD:
            case ADC1:
                return ((s.ccA ^ s.ccRes) & (s.ccB ^ s.ccRes)) < 0;
            case SUB:
            case SBB1:
                return ((s.ccA ^ s.ccB) & (s.ccA ^ s.ccRes)) < 0;
            case INC:
                return (~s.ccA & s.ccRes) < 0;
            case DEC:
                return (s.ccA & ~s.ccRes) < 0;
            case RESULT:
                return (s.ccB & 2) != 0;
            default:
                return false;
        }
    }

    private static boolean auxiliary(CpuState s) {
        switch (s.ccOp) {
            case ADD:
            case ADC1:
            case SUB:
            case SBB1:
                return ((s.ccA ^ s.ccB ^ s.ccRes) & 0x10) != 0;
            case INC:
            case DEC:
                return ((s.ccA ^ s.ccRes) & 0x10) != 0;
            default:
                return false;
        }
    }

    /** ZF. */
    public static boolean zero(CpuState s) {
        return s.ccOp == EXACT ? (s.rflags & Cr.ZF) != 0 : s.ccRes == 0;
    }

    /** SF. */
    public static boolean sign(CpuState s) {
        return s.ccOp == EXACT ? (s.rflags & Cr.SF) != 0 : s.ccRes < 0;
    }

    /** Condition {@code cc}, 0 to 15, as Jcc, SETcc and CMOVcc encode it (SDM vol. 1, appendix B). */
    public static boolean condition(CpuState s, int cc) {
        boolean r;
        switch (cc >> 1) {
            case 0:
                r = overflow(s);
                break;
            case 1:
                r = carry(s);
                break;
            case 2:
                r = zero(s);
                break;
            case 3:
                r = zero(s) || carry(s);
                break;
            case 4:
                r = sign(s);
                break;
            case 5:
                r = s.ccOp == EXACT ? (s.rflags & Cr.PF) != 0 : parity(s.ccRes);
                break;
            case 6:
                r = less(s);
                break;
            default:
                r = zero(s) || less(s);
                break;
        }
        return r ^ (cc & 1) != 0;
    }

    private static boolean less(CpuState s) {
        return s.ccOp == SUB ? s.ccA < s.ccB : sign(s) != overflow(s);
    }
}
