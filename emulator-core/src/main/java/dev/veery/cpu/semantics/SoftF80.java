package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;

/**
 * Double extended arithmetic as the x87 does it (SDM vol. 1, chapter 8). A number is a 64-bit significand, whose bit 63 is
 * explicit, and an int with the sign in bit 15 above the biased exponent. Results go to {@link FloatEnv#sig} and {@link
 * FloatEnv#signExp}.
 *
 * <p>Encodings with a non-zero exponent and bit 63 clear (unnormals, pseudo-NaNs, pseudo-infinities) are invalid operands
 * (section 8.2.2); pseudo-denormals count as what they would be with exponent 1, and raise DE.
 */
public final class SoftF80 {
    public static final int SIGN = 0x8000;
    public static final int EXPONENT = 0x7fff;

    /** The QNaN that answers invalid operations: its significand, its sign and exponent. */
    public static final long INDEFINITE_SIG = 0xc000_0000_0000_0000L;

    public static final int INDEFINITE_SE = 0xffff;

    static final int BIAS = 16383;
    static final int EMAX = 16383;
    static final int PREC = 64;
    static final long TOP = Long.MIN_VALUE;
    static final long QUIET = 1L << 62;

    private SoftF80() {}

    /** NaN of either kind, in a supported encoding. */
    public static boolean isNan(long sig, int se) {
        return (se & EXPONENT) == EXPONENT && sig < 0 && sig << 1 != 0;
    }

    /** A signalling NaN. */
    public static boolean isSnan(long sig, int se) {
        return isNan(sig, se) && (sig & QUIET) == 0;
    }

    public static boolean isInfinity(long sig, int se) {
        return (se & EXPONENT) == EXPONENT && sig == TOP;
    }

    public static boolean isZero(long sig, int se) {
        return sig == 0 && (se & EXPONENT) == 0;
    }

    /** Denormal or pseudo-denormal. */
    public static boolean isDenormal(long sig, int se) {
        return sig != 0 && (se & EXPONENT) == 0;
    }

    /** An encoding that is an invalid operand whatever the operation. */
    public static boolean isUnsupported(long sig, int se) {
        return sig >= 0 && (se & EXPONENT) != 0;
    }

    /** Unbiased exponent of a finite number that is not zero, denormals normalised. */
    static int exponent(long sig, int se) {
        return Math.max(se & EXPONENT, 1) - BIAS - Long.numberOfLeadingZeros(sig);
    }

    /** Significand with its leading bit at 63. */
    static long significand(long sig) {
        return sig << Long.numberOfLeadingZeros(sig);
    }

    static void set(FloatEnv e, long sig, int se) {
        e.sig = sig;
        e.signExp = se;
    }

    /** Gives what {@link SoftCore} left a sign and a biased exponent. */
    static void pack(FloatEnv e, boolean sign) {
        int exp = e.sig < 0 ? e.exp + BIAS : 0;
        e.signExp = sign ? exp | SIGN : exp;
    }

    static void invalid(FloatEnv e) {
        e.flags |= FloatEnv.IE;
        set(e, INDEFINITE_SIG, INDEFINITE_SE);
    }

    /** Answers for an operand that is unsupported or a NaN; returns false when it is neither. */
    static boolean special(long as, int ase, FloatEnv e) {
        if (isUnsupported(as, ase)) {
            invalid(e);
            return true;
        }
        if (isNan(as, ase)) {
            if ((as & QUIET) == 0) {
                e.flags |= FloatEnv.IE;
            }
            set(e, as | QUIET, ase);
            return true;
        }
        return false;
    }

    /** Answers for two operands of which one is unsupported or a NaN; returns false when neither is. */
    static boolean special(long as, int ase, long bs, int bse, FloatEnv e) {
        if (isUnsupported(as, ase) || isUnsupported(bs, bse)) {
            invalid(e);
            return true;
        }
        boolean nanA = isNan(as, ase);
        boolean nanB = isNan(bs, bse);
        if (!nanA && !nanB) {
            return false;
        }
        boolean snanA = nanA && (as & QUIET) == 0;
        boolean snanB = nanB && (bs & QUIET) == 0;
        if (snanA || snanB) {
            e.flags |= FloatEnv.IE;
        }
        boolean first;
        if (!nanB || !nanA) {
            first = nanA;
        } else if (snanA != snanB) {
            // A quiet NaN is preferred to a signalling one.
            first = snanB;
        } else if (as != bs) {
            first = Unsigned.lt(bs, as);
        } else {
            first = (ase & SIGN) == 0;
        }
        set(e, (first ? as : bs) | QUIET, first ? ase : bse);
        return true;
    }

    static void denormals(long as, int ase, long bs, int bse, FloatEnv e) {
        if (e.denormalOperand || isDenormal(as, ase) || isDenormal(bs, bse)) {
            e.flags |= FloatEnv.DE;
        }
    }

    /** Whether both are infinite, of whatever sign. */
    private static boolean bothInfinite(long as, int ase, long bs, int bse) {
        return isInfinity(as, ase) && isInfinity(bs, bse);
    }

    /** {@code a + b}. */
    public static void add(long as, int ase, long bs, int bse, FloatEnv e) {
        if (!special(as, ase, bs, bse, e)) {
            sum(as, ase, bs, bse, e);
        }
    }

    /** {@code a - b}. */
    public static void sub(long as, int ase, long bs, int bse, FloatEnv e) {
        if (!special(as, ase, bs, bse, e)) {
            sum(as, ase, bs, bse ^ SIGN, e);
        }
    }

    private static void sum(long as, int ase, long bs, int bse, FloatEnv e) {
        boolean sa = (ase & SIGN) != 0;
        boolean sb = (bse & SIGN) != 0;
        if (bothInfinite(as, ase, bs, bse) && sa != sb) {
            invalid(e);
            return;
        }
        denormals(as, ase, bs, bse, e);
        if (isInfinity(as, ase)) {
            set(e, as, ase);
        } else if (isInfinity(bs, bse)) {
            set(e, bs, bse);
        } else if (as == 0 && bs == 0) {
            set(e, 0, sa == sb ? ase : e.rounding == FloatEnv.DOWN ? SIGN : 0);
        } else if (as == 0) {
            rounded(e, e.precision, bs, bse);
        } else if (bs == 0) {
            rounded(e, e.precision, as, ase);
        } else {
            boolean sign = SoftCore.add(
                    e,
                    e.precision,
                    EMAX,
                    sa,
                    exponent(as, ase),
                    significand(as),
                    sb,
                    exponent(bs, bse),
                    significand(bs));
            pack(e, sign);
        }
    }

    /** A finite number that is not zero, rounded to {@code prec} bits. */
    static void rounded(FloatEnv e, int prec, long sig, int se) {
        boolean sign = (se & SIGN) != 0;
        SoftCore.round(e, prec, EMAX, sign, exponent(sig, se), significand(sig), 0);
        pack(e, sign);
    }

    /** {@code a * b}. */
    public static void mul(long as, int ase, long bs, int bse, FloatEnv e) {
        if (special(as, ase, bs, bse, e)) {
            return;
        }
        int sign = (ase ^ bse) & SIGN;
        boolean inf = isInfinity(as, ase) || isInfinity(bs, bse);
        boolean zero = as == 0 || bs == 0;
        if (inf && zero) {
            invalid(e);
            return;
        }
        denormals(as, ase, bs, bse, e);
        if (inf) {
            set(e, TOP, sign | EXPONENT);
        } else if (zero) {
            set(e, 0, sign);
        } else {
            SoftCore.mul(
                    e,
                    e.precision,
                    EMAX,
                    sign != 0,
                    exponent(as, ase),
                    significand(as),
                    exponent(bs, bse),
                    significand(bs));
            pack(e, sign != 0);
        }
    }

    /** {@code a / b}. */
    public static void div(long as, int ase, long bs, int bse, FloatEnv e) {
        if (special(as, ase, bs, bse, e)) {
            return;
        }
        int sign = (ase ^ bse) & SIGN;
        boolean infA = isInfinity(as, ase);
        if (bothInfinite(as, ase, bs, bse) || as == 0 && bs == 0) {
            invalid(e);
            return;
        }
        if (bs == 0 && !infA) {
            e.flags |= FloatEnv.ZE;
            set(e, TOP, sign | EXPONENT);
            return;
        }
        denormals(as, ase, bs, bse, e);
        if (infA) {
            set(e, TOP, sign | EXPONENT);
        } else if (isInfinity(bs, bse) || as == 0) {
            set(e, 0, sign);
        } else {
            SoftCore.div(
                    e,
                    e.precision,
                    EMAX,
                    sign != 0,
                    exponent(as, ase),
                    significand(as),
                    exponent(bs, bse),
                    significand(bs));
            pack(e, sign != 0);
        }
    }

    /** Square root. */
    public static void sqrt(long as, int ase, FloatEnv e) {
        if (special(as, ase, e)) {
            return;
        }
        if (isZero(as, ase)) {
            set(e, as, ase);
            return;
        }
        if ((ase & SIGN) != 0) {
            invalid(e);
            return;
        }
        if (isInfinity(as, ase)) {
            set(e, as, ase);
            return;
        }
        denormals(as, ase, TOP, BIAS, e);
        SoftCore.sqrt(e, e.precision, EMAX, exponent(as, ase), significand(as));
        pack(e, false);
    }

    /**
     * Compares: -1, 0 or 1 for less, equal and greater, 2 for unordered.
     *
     * @param signalling whether a quiet NaN is invalid too (FCOM as against FUCOM)
     */
    public static int compare(long as, int ase, long bs, int bse, boolean signalling, FloatEnv e) {
        if (isUnsupported(as, ase) || isUnsupported(bs, bse)) {
            e.flags |= FloatEnv.IE;
            return 2;
        }
        if (isNan(as, ase) || isNan(bs, bse)) {
            if (signalling || isSnan(as, ase) || isSnan(bs, bse)) {
                e.flags |= FloatEnv.IE;
            }
            return 2;
        }
        denormals(as, ase, bs, bse, e);
        if (as == 0 && bs == 0) {
            return 0;
        }
        boolean negative = (ase & SIGN) != 0;
        if (((ase ^ bse) & SIGN) != 0) {
            return negative ? -1 : 1;
        }
        int order = magnitude(as, ase, bs, bse);
        return negative ? -order : order;
    }

    private static int magnitude(long as, int ase, long bs, int bse) {
        int ea = Math.max(ase & EXPONENT, 1);
        int eb = Math.max(bse & EXPONENT, 1);
        if (ea != eb && as != 0 && bs != 0) {
            return ea < eb ? -1 : 1;
        }
        return as == bs ? 0 : Unsigned.lt(as, bs) ? -1 : 1;
    }

    /** Rounds to an integral value by the current mode (FRNDINT). */
    public static void roundToIntegral(long as, int ase, FloatEnv e) {
        if (special(as, ase, e)) {
            return;
        }
        if (as == 0 || isInfinity(as, ase)) {
            set(e, as, ase);
            return;
        }
        denormals(as, ase, TOP, BIAS, e);
        int exp = exponent(as, ase);
        if (exp >= 63) {
            set(e, as, ase);
            return;
        }
        long v = SoftF80Convert.integer(as, ase, e.rounding, e);
        int sign = ase & SIGN;
        if (v == 0) {
            set(e, 0, sign);
        } else {
            int n = Long.numberOfLeadingZeros(v);
            set(e, v << n, sign | BIAS + 63 - n);
        }
    }

    /** Takes {@code a} apart: the significand goes to the accumulator, the exponent to {@link FloatEnv#exp} (FXTRACT). Finite, not zero. */
    public static void extract(long as, int ase, FloatEnv e) {
        denormals(as, ase, TOP, BIAS, e);
        e.exp = exponent(as, ase);
        set(e, significand(as), ase & SIGN | BIAS);
    }

    /** {@code a} times two to the power of {@code b} cut to an integer (FSCALE). */
    public static void scale(long as, int ase, long bs, int bse, FloatEnv e) {
        if (special(as, ase, bs, bse, e)) {
            return;
        }
        int sign = ase & SIGN;
        boolean infA = isInfinity(as, ase);
        if (isInfinity(bs, bse)) {
            boolean shrink = (bse & SIGN) != 0;
            if (shrink ? infA : as == 0) {
                invalid(e);
                return;
            }
            denormals(as, ase, bs, bse, e);
            set(e, shrink ? 0 : TOP, shrink ? sign : sign | EXPONENT);
            return;
        }
        denormals(as, ase, bs, bse, e);
        if (infA || as == 0) {
            set(e, as, ase);
            return;
        }
        if (bs == 0) {
            itself(as, ase, e);
            return;
        }
        SoftCore.round(e, PREC, EMAX, sign != 0, exponent(as, ase) + power(bs, bse), significand(as), 0);
        // Bias adjustment may not be enough to bring an unmasked result into range (SDM vol. 1, section 8.5.4).
        if (e.sig < 0 && e.exp > EMAX) {
            e.flags |= FloatEnv.PE;
            e.roundedUp = true;
            set(e, TOP, sign | EXPONENT);
        } else if (e.sig < 0 && e.exp < 1 - EMAX) {
            e.flags |= FloatEnv.PE;
            e.roundedUp = false;
            set(e, 0, sign);
        } else {
            pack(e, sign != 0);
        }
    }

    /** The number itself, a pseudo-denormal as what it counts as; being tiny raises nothing. */
    static void itself(long as, int ase, FloatEnv e) {
        set(e, as, as < 0 && (ase & EXPONENT) == 0 ? ase | 1 : ase);
    }

    /** {@code b} cut to an integer, and to a range beyond every exponent. */
    private static int power(long bs, int bse) {
        int exp = bs == 0 ? -1 : exponent(bs, bse);
        if (exp < 0) {
            return 0;
        }
        int n = exp > 16 ? 1 << 17 : (int) (significand(bs) >>> 63 - exp);
        return (bse & SIGN) != 0 ? -n : n;
    }
}
