package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;

/**
 * Double-precision arithmetic (IEEE 754 binary64).
 *
 * <p>Operands are raw bits; results and exceptions are those of SSE (SDM vol. 1, sections 4.8.3.5, 4.9 and 11.5): a NaN
 * result is the first operand that is a NaN, quieted. When rounding to nearest with normal numbers on both sides the
 * host's own arithmetic is exact or correctly rounded, and only whether it was exact has to be found out.
 */
public final class SoftF64 {
    /** The QNaN that answers invalid operations. */
    public static final long INDEFINITE = 0xfff8_0000_0000_0000L;

    static final long SIGN = Long.MIN_VALUE;
    static final long INFINITY = 0x7ff0_0000_0000_0000L;
    static final long FRACTION = 0x000f_ffff_ffff_ffffL;
    static final long QUIET = 0x0008_0000_0000_0000L;
    static final int PREC = 53;
    static final int EMAX = 1023;
    private static final int SHIFT = 52;
    private static final int EXPONENT = 0x7ff;

    private SoftF64() {}

    /** Whether {@code a} is a NaN of either kind. */
    public static boolean isNan(long a) {
        return (a & ~SIGN) > INFINITY;
    }

    /** Whether {@code a} is a signalling NaN. */
    public static boolean isSnan(long a) {
        return (a & ~SIGN) > INFINITY && (a & QUIET) == 0;
    }

    /** Whether {@code a} is denormal (and not zero). */
    public static boolean isDenormal(long a) {
        return (a & INFINITY) == 0 && (a & FRACTION) != 0;
    }

    static int field(long a) {
        return (int) (a >>> SHIFT) & EXPONENT;
    }

    /** Neither zero, denormal, infinite nor NaN. */
    private static boolean normal(long a) {
        return (field(a) + 1 & EXPONENT - 1) != 0;
    }

    private static boolean zero(long a) {
        return a << 1 == 0;
    }

    /** Unbiased exponent of a number that is not zero, denormals normalised. */
    static int exponent(long a) {
        int f = field(a);
        return f != 0 ? f - EMAX : 1 - EMAX - (Long.numberOfLeadingZeros(a & FRACTION) - (64 - PREC));
    }

    /** Significand of a number that is not zero, leading bit at 63. */
    static long significand(long a) {
        long f = (a & FRACTION);
        return field(a) != 0 ? SoftCore.TOP | f << 64 - PREC : f << Long.numberOfLeadingZeros(f);
    }

    /** What {@link SoftCore} left, with a sign. */
    static long pack(FloatEnv e, boolean sign) {
        long r = (e.sig << 1 >>> 65 - PREC);
        if (e.sig < 0) {
            r |= (long) (e.exp + EMAX & EXPONENT) << SHIFT;
        }
        return sign ? r | SIGN : r;
    }

    /** The NaN that an operation on a NaN gives. */
    private static long nan(long a, long b, FloatEnv e) {
        if (isSnan(a) || isSnan(b)) {
            e.flags |= FloatEnv.IE;
        }
        return (isNan(a) ? a : b) | QUIET;
    }

    /** The NaN that a fused operation on a NaN gives: of the first of them in this order. */
    static long nan(long a, long b, long c, FloatEnv e) {
        if (isSnan(c)) {
            e.flags |= FloatEnv.IE;
        }
        return isNan(a) || isNan(b) ? nan(a, b, e) : c | QUIET;
    }

    static long invalid(FloatEnv e) {
        e.flags |= FloatEnv.IE;
        return INDEFINITE;
    }

    /** A denormal operand: zero under DAZ, otherwise itself, with DE raised. */
    static long operand(long a, FloatEnv e) {
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
    public static long add(long a, long b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double s = x + y;
            long r = Double.doubleToRawLongBits(s);
            if (normal(r)) {
                // Knuth's two-sum: the error of a sum is itself representable.
                double t = s - x;
                if (x - (s - t) + (y - t) != 0) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return addSlow(a, b, e);
    }

    private static long addSlow(long a, long b, FloatEnv e) {
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
    private static long identity(long a, FloatEnv e) {
        SoftCore.round(e, PREC, EMAX, a < 0, exponent(a), significand(a), 0);
        return pack(e, a < 0);
    }

    /** {@code a - b}. */
    public static long sub(long a, long b, FloatEnv e) {
        return isNan(b) ? nan(a, b, e) : add(a, b ^ SIGN, e);
    }

    /** {@code a * b}. */
    public static long mul(long a, long b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) * Double.longBitsToDouble(b));
            if (normal(r) && field(r) > 1) {
                if (!exact(r, a, b)) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return mulSlow(a, b, e);
    }

    private static long mulSlow(long a, long b, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, e);
        }
        long sign = (a ^ b) & SIGN;
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
    public static long div(long a, long b, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && normal(b)) {
            double y = Double.longBitsToDouble(b);
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) / y);
            if (normal(r) && field(r) > 1) {
                if (!product(r, b, a)) {
                    e.flags |= FloatEnv.PE;
                }
                return r;
            }
        }
        return divSlow(a, b, e);
    }

    private static long divSlow(long a, long b, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, e);
        }
        long sign = (a ^ b) & SIGN;
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
    public static long sqrt(long a, FloatEnv e) {
        if (e.rounding == FloatEnv.NEAREST && normal(a) && a > 0) {
            long r = Double.doubleToRawLongBits(Math.sqrt(Double.longBitsToDouble(a)));
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

    /**
     * Whether the rounded product {@code r} of normal {@code x} and {@code y} is exact: the 105 or 106 bits of the full
     * product must end in as many zeros as do not fit.
     */
    private static boolean exact(long r, long x, long y) {
        int zeros = Long.numberOfTrailingZeros(x & FRACTION | FRACTION + 1)
                + Long.numberOfTrailingZeros(y & FRACTION | FRACTION + 1);
        int carry = field(r) - (field(x) + field(y) - EMAX);
        return zeros >= PREC - 1 + carry;
    }

    /** Whether {@code x * y} is exactly {@code r}; all normal. */
    private static boolean product(long x, long y, long r) {
        return Double.longBitsToDouble(x) * Double.longBitsToDouble(y) == Double.longBitsToDouble(r) && exact(r, x, y);
    }

    /**
     * Compares: -1, 0 or 1 for less, equal and greater, 2 for unordered.
     *
     * @param signalling whether a quiet NaN is invalid too (COMIS, and CMP with LT, LE and their like)
     */
    public static int compare(long a, long b, boolean signalling, FloatEnv e) {
        if (isNan(a) || isNan(b)) {
            if (signalling || isSnan(a) || isSnan(b)) {
                e.flags |= FloatEnv.IE;
            }
            return 2;
        }
        double x = Double.longBitsToDouble(operand(a, e));
        double y = Double.longBitsToDouble(operand(b, e));
        return x < y ? -1 : x > y ? 1 : 0;
    }

    /**
     * Rounds to an integral value, as ROUNDPS and its like do.
     *
     * @param mode rounding mode
     * @param quiet whether PE is suppressed
     */
    public static long roundToIntegral(long a, int mode, boolean quiet, FloatEnv e) {
        if (isNan(a)) {
            return nan(a, a, e);
        }
        if (e.daz && isDenormal(a)) {
            return a & SIGN;
        }
        double x = Double.longBitsToDouble(a);
        double r = (double) integral(x, mode);
        if (!quiet && r != x) {
            e.flags |= FloatEnv.PE;
        }
        // Zero keeps the sign of what was rounded.
        return Double.doubleToRawLongBits(r) & ~SIGN | a & SIGN;
    }

    /** {@code x} rounded to an integral value by {@code mode}. */
    static double integral(double x, int mode) {
        switch (mode) {
            case FloatEnv.NEAREST:
                return Math.rint(x);
            case FloatEnv.DOWN:
                return Math.floor(x);
            case FloatEnv.UP:
                return Math.ceil(x);
            default:
                return x < 0 ? Math.ceil(x) : Math.floor(x);
        }
    }

    /** To a 32-bit integer by {@code mode}; 8000_0000h with IE when it does not fit. */
    public static int toInt32(long a, int mode, FloatEnv e) {
        double x = Double.longBitsToDouble(e.daz && isDenormal(a) ? a & SIGN : a);
        double r = integral(x, mode);
        // A NaN fails both comparisons.
        if (!(r >= Integer.MIN_VALUE && r <= Integer.MAX_VALUE)) {
            e.flags |= FloatEnv.IE;
            return Integer.MIN_VALUE;
        }
        if (r != x) {
            e.flags |= FloatEnv.PE;
        }
        return (int) r;
    }

    /** To a 64-bit integer by {@code mode}; 8000_0000_0000_0000h with IE when it does not fit. */
    public static long toInt64(long a, int mode, FloatEnv e) {
        double x = Double.longBitsToDouble(e.daz && isDenormal(a) ? a & SIGN : a);
        double r = integral(x, mode);
        if (!(r >= -0x1p63 && r < 0x1p63)) {
            e.flags |= FloatEnv.IE;
            return Long.MIN_VALUE;
        }
        if (r != x) {
            e.flags |= FloatEnv.PE;
        }
        return (long) r;
    }

    /** From a 32-bit integer: always exact. */
    public static long fromInt32(int v) {
        return Double.doubleToRawLongBits(v);
    }

    /** From a 64-bit integer. */
    public static long fromInt64(long v, FloatEnv e) {
        if (v == 0) {
            return 0;
        }
        long m = Math.abs(v);
        int n = Long.numberOfLeadingZeros(m);
        SoftCore.round(e, PREC, EMAX, v < 0, 63 - n, m << n, 0);
        return pack(e, v < 0);
    }

    /** From single precision: exact, but for signalling NaNs; raises DE. */
    public static long fromF32(int a, FloatEnv e) {
        if (SoftF32.isNan(a)) {
            if (SoftF32.isSnan(a)) {
                e.flags |= FloatEnv.IE;
            }
            return (long) (a & SoftF32.SIGN) << 32 | INFINITY | QUIET | (long) (a & SoftF32.FRACTION) << 29;
        }
        if (SoftF32.isDenormal(a)) {
            if (e.daz) {
                return (long) (a & SoftF32.SIGN) << 32;
            }
            e.flags |= FloatEnv.DE;
        }
        return Double.doubleToRawLongBits(Float.intBitsToFloat(a));
    }
}
