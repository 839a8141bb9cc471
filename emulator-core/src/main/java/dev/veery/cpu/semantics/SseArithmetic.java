package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;

/** SSE arithmetic on one element, by number: the operations of the 0F 51h and 0F 58h rows, comparisons and rounding. */
public final class SseArithmetic {
    public static final int ADD = 0;
    public static final int MUL = 1;
    public static final int SUB = 2;
    public static final int DIV = 3;
    public static final int MIN = 4;
    public static final int MAX = 5;
    public static final int SQRT = 6;

    /** The predicate is in the immediate. */
    public static final int CMP = 7;

    /** The mode is in the immediate. */
    public static final int ROUND = 8;

    public static final int RCP = 9;
    public static final int RSQRT = 10;

    /** The comparison with VEX, whose predicate has five bits. */
    public static final int VCMP = 11;

    private static final int ROUND_MXCSR = 1 << 2;
    private static final int ROUND_QUIET = 1 << 3;

    // Orders, as bits of HOLDS.
    private static final int LESS = 1;
    private static final int EQUAL = 2;
    private static final int GREATER = 4;
    private static final int UNORDERED = 8;

    /** By predicate: with which orders it holds. */
    private static final int[] HOLDS = {
        EQUAL,
        LESS,
        LESS | EQUAL,
        UNORDERED,
        LESS | GREATER | UNORDERED,
        EQUAL | GREATER | UNORDERED,
        GREATER | UNORDERED,
        LESS | EQUAL | GREATER,
        EQUAL | UNORDERED,
        LESS | UNORDERED,
        LESS | EQUAL | UNORDERED,
        0,
        LESS | GREATER,
        EQUAL | GREATER,
        GREATER,
        LESS | EQUAL | GREATER | UNORDERED
    };

    private SseArithmetic() {}

    /** Single precision: {@code a} is the destination's old value. */
    public static int single(int op, int a, int b, int imm, FloatEnv e) {
        switch (op) {
            case ADD:
                return SoftF32.add(a, b, e);
            case MUL:
                return SoftF32.mul(a, b, e);
            case SUB:
                return SoftF32.sub(a, b, e);
            case DIV:
                return SoftF32.div(a, b, e);
            case MIN:
                return min(a, b, e);
            case MAX:
                return max(a, b, e);
            case SQRT:
                return SoftF32.sqrt(b, e);
            case CMP:
                return compare(a, b, imm & 7, e);
            case VCMP:
                return compare(a, b, imm & 31, e);
            case ROUND:
                return SoftF32.roundToIntegral(b, roundingMode(imm, e), (imm & ROUND_QUIET) != 0, e);
            case RCP:
                return SseApproximation.rcp(b);
            default:
                return SseApproximation.rsqrt(b);
        }
    }

    /** Double precision. */
    public static long dual(int op, long a, long b, int imm, FloatEnv e) {
        switch (op) {
            case ADD:
                return SoftF64.add(a, b, e);
            case MUL:
                return SoftF64.mul(a, b, e);
            case SUB:
                return SoftF64.sub(a, b, e);
            case DIV:
                return SoftF64.div(a, b, e);
            case MIN:
                return min(a, b, e);
            case MAX:
                return max(a, b, e);
            case SQRT:
                return SoftF64.sqrt(b, e);
            case CMP:
                return compare(a, b, imm & 7, e);
            case VCMP:
                return compare(a, b, imm & 31, e);
            default:
                return SoftF64.roundToIntegral(b, roundingMode(imm, e), (imm & ROUND_QUIET) != 0, e);
        }
    }

    /** MINSS: the second operand unless the first is less; so for NaNs and for zeros of either sign. */
    public static int min(int a, int b, FloatEnv e) {
        return flush(SoftF32.compare(a, b, true, e) == -1 ? a : b, e);
    }

    public static int max(int a, int b, FloatEnv e) {
        return flush(SoftF32.compare(a, b, true, e) == 1 ? a : b, e);
    }

    public static long min(long a, long b, FloatEnv e) {
        return flush(SoftF64.compare(a, b, true, e) == -1 ? a : b, e);
    }

    public static long max(long a, long b, FloatEnv e) {
        return flush(SoftF64.compare(a, b, true, e) == 1 ? a : b, e);
    }

    private static int flush(int a, FloatEnv e) {
        return e.daz && SoftF32.isDenormal(a) ? a & SoftF32.SIGN : a;
    }

    private static long flush(long a, FloatEnv e) {
        return e.daz && SoftF64.isDenormal(a) ? a & SoftF64.SIGN : a;
    }

    private static int compare(int a, int b, int predicate, FloatEnv e) {
        return holds(SoftF32.compare(a, b, signalling(predicate), e), predicate) ? -1 : 0;
    }

    private static long compare(long a, long b, int predicate, FloatEnv e) {
        return holds(SoftF64.compare(a, b, signalling(predicate), e), predicate) ? -1 : 0;
    }

    /** Whether a predicate raises IE for quiet NaNs too: of the first 16 LT, LE and their like, of the others the rest. */
    private static boolean signalling(int predicate) {
        int p = predicate & 3;
        return (p == 1 || p == 2) ^ predicate >= 16;
    }

    /** Whether {@code order}, as the comparisons give it, satisfies the predicate (SDM vol. 2, CMPPD, table 3-1). */
    private static boolean holds(int order, int predicate) {
        return (HOLDS[predicate & 15] >> order + 1 & 1) != 0;
    }

    private static int roundingMode(int imm, FloatEnv e) {
        return (imm & ROUND_MXCSR) != 0 ? e.rounding : imm & 3;
    }
}
