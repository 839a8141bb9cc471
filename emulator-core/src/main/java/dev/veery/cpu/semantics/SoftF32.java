package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;

/**
 * Single-precision arithmetic (IEEE 754 binary32).
 *
 * <p>Operands are raw bits; results and exceptions are those of SSE (SDM vol. 1, sections 4.8.3.5, 4.9 and 11.5): a NaN
 * result is the first operand that is a NaN, quieted. When rounding to nearest with normal numbers on both sides the
 * host's own arithmetic is exact or correctly rounded, and only whether it was exact has to be found out.
 */
public final class SoftF32 {
    /** The QNaN that answers invalid operations. */
    public static final int INDEFINITE = 0xffc0_0000;

    static final int SIGN = Integer.MIN_VALUE;
    static final int INFINITY = 0x7f80_0000;
    static final int FRACTION = 0x007f_ffff;
    static final int QUIET = 0x0040_0000;
    static final int PREC = 24;
    static final int EMAX = 127;
    private static final int SHIFT = 23;
    private static final int EXPONENT = 0xff;

    private SoftF32() {}

    /** Whether {@code a} is a NaN of either kind. */
    public static boolean isNan(int a) {
        return (a & ~SIGN) > INFINITY;
    }

    /** Whether {@code a} is a signalling NaN. */
    public static boolean isSnan(int a) {
        return (a & ~SIGN) > INFINITY && (a & QUIET) == 0;
    }

    /** Whether {@code a} is denormal (and not zero). */
    public static boolean isDenormal(int a) {
        return (a & INFINITY) == 0 && (a & FRACTION) != 0;
    }

    static int field(int a) {
        return (int) (a >>> SHIFT) & EXPONENT;
    }

    /** Neither zero, denormal, infinite nor NaN. */
    private static boolean normal(int a) {
        return (field(a) + 1 & EXPONENT - 1) != 0;
    }

    private static boolean zero(int a) {
        return a << 1 == 0;
    }

    /** Unbiased exponent of a number that is not zero, denormals normalised. */
    static int exponent(int a) {
        int f = field(a);
        return f != 0 ? f - EMAX : 1 - EMAX - (Integer.numberOfLeadingZeros(a & FRACTION) - (32 - PREC));
    }

    /** Significand of a number that is not zero, leading bit at 63. */
    static long significand(int a) {
        long f = (a & FRACTION);
        return field(a) != 0 ? SoftCore.TOP | f << 64 - PREC : f << Long.numberOfLeadingZeros(f);
    }

    /** What {@link SoftCore} left, with a sign. */
    static int pack(FloatEnv e, boolean sign) {
        int r = (int) (e.sig << 1 >>> 65 - PREC);
        if (e.sig < 0) {
            r |= (int) (e.exp + EMAX & EXPONENT) << SHIFT;
        }
        return sign ? r | SIGN : r;
    }

    /** The NaN that an operation on a NaN gives. */
    private static int nan(int a, int b, FloatEnv e) {
        if (isSnan(a) || isSnan(b)) {
            e.flags |= FloatEnv.IE;
        }
        return (isNan(a) ? a : b) | QUIET;
    }

    /** The NaN that a fused operation on a NaN gives: of the first of them in this order. */
    static int nan(int a, int b, int c, FloatEnv e) {
        if (isSnan(c)) {
            e.flags |= FloatEnv.IE;
        }
        return isNan(a) || isNan(b) ? nan(a, b, e) : c | QUIET;
    }

    static int invalid(FloatEnv e) {
        e.flags |= FloatEnv.IE;
        return INDEFINITE;
    }

    /** A denormal operand: zero under DAZ, otherwise itself, with DE raised. */
    static int operand(int a, FloatEnv e) {
        if (!isDenormal(a)) {
            return a;
        }
        if (e.daz) {
            return a & SIGN;
        }
        e.flags |= FloatEnv.DE;
        return a;
    }

    /** {@code a + b}. */
    public static int add(int a, int b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float s = x + y;
            int r = Float.floatToRawIntBits(s);
            if (normal(r)) {
                // Knuth's two-sum: the error of a sum is itself representable.
                float t = s - x;
                if (x - (s - t) + (y - t) != 0) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return addSlow(a, b, e);
    }

    private static int addSlow(int a, int b, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, e);
        }
        if ((a & ~SIGN) == INFINITY && (b & ~SIGN) == INFINITY && a != b) {
            return invalid(e);
        }
        a = operand(a, e);
        b = operand(b, e);
        if ((a & ~SIGN) == INFINITY) {
            return a;
        }
        if ((b & ~SIGN) == INFINITY) {
            return b;
        }
        if (zero(a)) {
            if (zero(b)) {
                return a == b ? a : e.rounding == FloatEnv.DOWN ? SIGN : 0;
            }
            return identity(b, e);
        }
        if (zero(b)) {
            return identity(a, e);
        }
        boolean sign =
                SoftCore.add(e, PREC, EMAX, a < 0, exponent(a), significand(a), b < 0, exponent(b), significand(b));
        return pack(e, sign);
    }

    /** A sum with zero: rounding it raises what a denormal result raises. */
    private static int identity(int a, FloatEnv e) {
        SoftCore.round(e, PREC, EMAX, a < 0, exponent(a), significand(a), 0);
        return pack(e, a < 0);
    }

    /** {@code a - b}. */
    public static int sub(int a, int b, FloatEnv e) {
        return isNan(b) ? nan(a, b, e) : add(a, b ^ SIGN, e);
    }

    /** {@code a * b}. */
    public static int mul(int a, int b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            // 24 times 24 bits fit into 53.
            double p = (double) Float.intBitsToFloat(a) * Float.intBitsToFloat(b);
            int r = Float.floatToRawIntBits((float) p);
            if (normal(r) && field(r) > 1) {
                if (Float.intBitsToFloat(r) != p) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return mulSlow(a, b, e);
    }

    private static int mulSlow(int a, int b, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, e);
        }
        int sign = (a ^ b) & SIGN;
        boolean inf = (a & ~SIGN) == INFINITY || (b & ~SIGN) == INFINITY;
        if (inf && (zero(a) || zero(b) || e.daz && (isDenormal(a) || isDenormal(b)))) {
            return invalid(e);
        }
        a = operand(a, e);
        b = operand(b, e);
        if (inf) {
            return sign | INFINITY;
        }
        if (zero(a) || zero(b)) {
            return sign;
        }
        SoftCore.mul(e, PREC, EMAX, sign != 0, exponent(a), significand(a), exponent(b), significand(b));
        return pack(e, sign != 0);
    }

    /** {@code a / b}. */
    public static int div(int a, int b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            float y = Float.intBitsToFloat(b);
            int r = Float.floatToRawIntBits(Float.intBitsToFloat(a) / y);
            if (normal(r) && field(r) > 1) {
                if (!product(r, b, a)) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return divSlow(a, b, e);
    }

    private static int divSlow(int a, int b, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, e);
        }
        int sign = (a ^ b) & SIGN;
        boolean infA = (a & ~SIGN) == INFINITY;
        boolean infB = (b & ~SIGN) == INFINITY;
        boolean zeroA = zero(a) || e.daz && isDenormal(a);
        boolean zeroB = zero(b) || e.daz && isDenormal(b);
        if (infA && infB || zeroA && zeroB) {
            return invalid(e);
        }
        if (zeroB && !infA) {
            e.flags |= FloatEnv.ZE;
            return sign | INFINITY;
        }
        a = operand(a, e);
        b = operand(b, e);
        if (infA) {
            return sign | INFINITY;
        }
        if (infB || zeroA) {
            return sign;
        }
        SoftCore.div(e, PREC, EMAX, sign != 0, exponent(a), significand(a), exponent(b), significand(b));
        return pack(e, sign != 0);
    }

    /** Square root. */
    public static int sqrt(int a, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && a > 0) {
            int r = Float.floatToRawIntBits((float) Math.sqrt(Float.intBitsToFloat(a)));
            if (!product(r, r, a)) {
                e.flags |= FloatEnv.PE;
            }
            return r;
        }
        if (isNan(a)) {
            return nan(a, a, e);
        }
        if (zero(a) || e.daz && isDenormal(a)) {
            return a & SIGN;
        }
        if (a < 0) {
            return invalid(e);
        }
        a = operand(a, e);
        if (a == INFINITY) {
            return a;
        }
        SoftCore.sqrt(e, PREC, EMAX, exponent(a), significand(a));
        return pack(e, false);
    }

    /** Whether {@code x * y} is exactly {@code r}; all normal. */
    private static boolean product(int x, int y, int r) {
        return (double) Float.intBitsToFloat(x) * Float.intBitsToFloat(y) == Float.intBitsToFloat(r);
    }

    /**
     * Compares: -1, 0 or 1 for less, equal and greater, 2 for unordered.
     *
     * @param signalling whether a quiet NaN is invalid too (COMIS, and CMP with LT, LE and their like)
     */
    public static int compare(int a, int b, boolean signalling, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            if (signalling || isSnan(a) || isSnan(b)) {
                e.flags |= FloatEnv.IE;
            }
            return 2;
        }
        float x = Float.intBitsToFloat(operand(a, e));
        float y = Float.intBitsToFloat(operand(b, e));
        return x < y ? -1 : x > y ? 1 : 0;
    }

    /**
     * Rounds to an integral value, as ROUNDPS and its like do.
     *
     * @param mode rounding mode
     * @param quiet whether PE is suppressed
     */
    public static int roundToIntegral(int a, int mode, boolean quiet, FloatEnv e) {
        if (isNan(a)) {
            return nan(a, a, e);
        }
        if (e.daz && isDenormal(a)) {
            return a & SIGN;
        }
        float x = Float.intBitsToFloat(a);
        float r = (float) integral(x, mode);
        if (!quiet && r != x) {
            e.flags |= FloatEnv.PE;
        }
        // Zero keeps the sign of what was rounded.
        return Float.floatToRawIntBits(r) & ~SIGN | a & SIGN;
    }

    private static double integral(float x, int mode) {
        return SoftF64.integral(x, mode);
    }

    /** To a 32-bit integer by {@code mode}; 8000_0000h with IE when it does not fit. */
    public static int toInt32(int a, int mode, FloatEnv e) {
        return SoftF64.toInt32(widen(a, e), mode, e);
    }

    /** To a 64-bit integer by {@code mode}; 8000_0000_0000_0000h with IE when it does not fit. */
    public static long toInt64(int a, int mode, FloatEnv e) {
        return SoftF64.toInt64(widen(a, e), mode, e);
    }

    /** The same value in double precision; no exceptions. */
    private static long widen(int a, FloatEnv e) {
        return Double.doubleToRawLongBits(Float.intBitsToFloat(e.daz && isDenormal(a) ? a & SIGN : a));
    }

    /** From a 32-bit integer. */
    public static int fromInt32(int v, FloatEnv e) {
        return fromInt64(v, e);
    }

    /** From a 64-bit integer. */
    public static int fromInt64(long v, FloatEnv e) {
        if (v == 0) {
            return 0;
        }
        long m = Math.abs(v);
        int n = Long.numberOfLeadingZeros(m);
        SoftCore.round(e, PREC, EMAX, v < 0, 63 - n, m << n, 0);
        return pack(e, v < 0);
    }

    /** From double precision. */
    public static int fromF64(long a, FloatEnv e) {
        int sign = (int) (a >>> 32) & SIGN;
        if (SoftF64.isNan(a)) {
            if (SoftF64.isSnan(a)) {
                e.flags |= FloatEnv.IE;
            }
            return sign | INFINITY | QUIET | (int) ((a & SoftF64.FRACTION) >>> 29);
        }
        if (SoftF64.isDenormal(a)) {
            if (e.daz) {
                return sign;
            }
            e.flags |= FloatEnv.DE;
        }
        if ((a & ~SoftF64.SIGN) == SoftF64.INFINITY) {
            return sign | INFINITY;
        }
        if (a << 1 == 0) {
            return sign;
        }
        SoftCore.round(e, PREC, EMAX, sign != 0, SoftF64.exponent(a), SoftF64.significand(a), 0);
        return pack(e, sign != 0);
    }
}
