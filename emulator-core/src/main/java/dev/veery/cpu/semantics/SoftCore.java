package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;

/**
 * Arithmetic on finite, non-zero numbers of any format: a sign, an unbiased exponent and a 64-bit significand with its
 * leading bit at 63. Each operation leaves its exact result, or enough of it, in 128 bits and rounds once.
 *
 * <p>A rounded result is in {@link FloatEnv#sig} and {@link FloatEnv#exp}: bit 63 clear means denormal or zero, and an
 * exponent one above the format's largest with only bit 63 set means infinity, so that packing needs no cases.
 */
final class SoftCore {
    static final long TOP = Long.MIN_VALUE;

    /** What unmasked overflow subtracts from, and underflow adds to, the exponent of an 80-bit result (SDM vol. 1, section 8.5.4). */
    private static final int BIAS_ADJUST = 24576;

    private static final int EMAX80 = 16383;

    private SoftCore() {}

    /** Upper half of the unsigned product. */
    static long mulHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }

    /** Shifts right by {@code n} of any size; a one is left behind for what fell off. */
    static long shiftRightSticky(long v, int n) {
        if (n == 0) {
            return v;
        }
        if (n >= 64) {
            return v != 0 ? 1 : 0;
        }
        return v >>> n | ((v << -n) != 0 ? 1 : 0);
    }

    /** {@code a + b}; both have the given signs. Returns the sign of the result. */
    static boolean add(FloatEnv e, int prec, int emax, boolean sa, int ea, long a, boolean sb, int eb, long b) {
        if (ea < eb || ea == eb && Unsigned.lt(a, b)) {
            return add(e, prec, emax, sb, eb, b, sa, ea, a);
        }
        int d = ea - eb;
        long bh;
        long bl;
        if (d == 0) {
            bh = b;
            bl = 0;
        } else if (d < 64) {
            bh = b >>> d;
            bl = b << -d;
        } else {
            bh = 0;
            bl = shiftRightSticky(b, d - 64);
        }
        if (sa == sb) {
            long hi = a + bh;
            if (Unsigned.lt(hi, a)) {
                long lo = hi << 63 | bl >>> 1 | bl & 1;
                round(e, prec, emax, sa, ea + 1, hi >>> 1 | TOP, lo);
            } else {
                round(e, prec, emax, sa, ea, hi, bl);
            }
            return sa;
        }
        long lo = -bl;
        long hi = a - bh - (bl != 0 ? 1 : 0);
        if ((hi | lo) == 0) {
            e.sig = 0;
            e.exp = 0;
            return e.rounding == FloatEnv.DOWN;
        }
        normalise(e, prec, emax, sa, ea, hi, lo);
        return sa;
    }

    /** Rounds {@code hi:lo}, not zero, whose bit 127 has weight 2^{@code exp}. */
    static void normalise(FloatEnv e, int prec, int emax, boolean sign, int exp, long hi, long lo) {
        if (hi == 0) {
            int n = Long.numberOfLeadingZeros(lo);
            round(e, prec, emax, sign, exp - 64 - n, lo << n, 0);
            return;
        }
        int n = Long.numberOfLeadingZeros(hi);
        if (n == 0) {
            round(e, prec, emax, sign, exp, hi, lo);
        } else {
            round(e, prec, emax, sign, exp - n, hi << n | lo >>> -n, lo << n);
        }
    }

    /** {@code a * b}. */
    static void mul(FloatEnv e, int prec, int emax, boolean sign, int ea, long a, int eb, long b) {
        normalise(e, prec, emax, sign, ea + eb + 1, mulHigh(a, b), a * b);
    }

    /** {@code a / b}. */
    static void div(FloatEnv e, int prec, int emax, boolean sign, int ea, long a, int eb, long b) {
        int exp = ea - eb;
        long hi;
        if (Unsigned.lt(a, b)) {
            exp--;
            hi = divide(e, a, 0, b);
        } else {
            hi = divide(e, a >>> 1, a << 63, b);
        }
        long lo = divide(e, e.low, 0, b);
        round(e, prec, emax, sign, exp, hi, lo | (e.low != 0 ? 1 : 0));
    }

    /** Quotient of {@code hi:lo} by {@code d}, whose bit 63 is set and which is above {@code hi}; the remainder goes to {@link FloatEnv#low}. */
    static long divide(FloatEnv e, long hi, long lo, long d) {
        long dh = d >>> 32;
        long dl = d & 0xffff_ffffL;
        long q1 = digit(hi, lo >>> 32, d, dh, dl);
        long r = (hi << 32 | lo >>> 32) - q1 * d;
        long q0 = digit(r, lo & 0xffff_ffffL, d, dh, dl);
        e.low = (r << 32 | lo & 0xffff_ffffL) - q0 * d;
        return q1 << 32 | q0;
    }

    /** One 32-bit digit of {@code (u:next) / d} by Knuth's algorithm D: {@code u} is 64 bits and below {@code d}. */
    private static long digit(long u, long next, long d, long dh, long dl) {
        long q = Long.divideUnsigned(u, dh);
        long r = u - q * dh;
        while (q > 0xffff_ffffL || Unsigned.lt(r << 32 | next, q * dl)) {
            q--;
            r += dh;
            if (r > 0xffff_ffffL) {
                break;
            }
        }
        return q;
    }

    /** Square root of a positive number. */
    static void sqrt(FloatEnv e, int prec, int emax, int ea, long a) {
        // The radicand, in [2^126, 2^128), is a times a power of two that leaves an even exponent.
        boolean odd = (ea & 1) != 0;
        long hi = odd ? a : a >>> 1;
        long lo = odd ? 0 : a << 63;
        long root = 0;
        long rh = 0;
        long rl = 0;
        for (int i = 0; i < 64; i++) {
            // Bring down two bits; the remainder is at most twice the root, so 66 bits are in play.
            rh = rh << 2 | rl >>> 62;
            rl = rl << 2 | hi >>> 62;
            hi = hi << 2 | lo >>> 62;
            lo <<= 2;
            long th = root >>> 62;
            long tl = root << 2 | 1;
            root <<= 1;
            if (Unsigned.lt(th, rh) || th == rh && Unsigned.le(tl, rl)) {
                rh -= th + (Unsigned.lt(rl, tl) ? 1 : 0);
                rl -= tl;
                root |= 1;
            }
        }
        long rest;
        if (rh != 0 || Unsigned.lt(root, rl)) {
            rest = TOP | 1;
        } else {
            rest = rl != 0 ? 1 : 0;
        }
        round(e, prec, emax, false, ea >> 1, root, rest);
    }

    /**
     * Rounds {@code hi:lo} with bit 127 set, value {@code hi * 2^(exp - 63)}, to {@code prec} bits and the exponent range
     * that {@code emax} implies; raises OE, UE and PE. Tininess is detected after rounding (SDM vol. 1, section 4.9.1.5).
     */
    static void round(FloatEnv e, int prec, int emax, boolean sign, int exp, long hi, long lo) {
        int emin = 1 - emax;
        if (exp < emin && tiny(e, prec, emin, sign, exp, hi, lo)) {
            underflow(e, prec, emax, sign, exp, hi, lo);
            return;
        }
        if (roundBits(e, prec, sign, hi, lo)) {
            e.flags |= FloatEnv.PE;
        }
        if (e.sig == 0) {
            e.sig = TOP;
            exp++;
        }
        e.exp = exp;
        if (exp > emax) {
            overflow(e, prec, emax, sign);
        }
    }

    private static boolean tiny(FloatEnv e, int prec, int emin, boolean sign, int exp, long hi, long lo) {
        if (exp < emin - 1) {
            return true;
        }
        roundBits(e, prec, sign, hi, lo);
        return e.sig != 0;
    }

    private static void underflow(FloatEnv e, int prec, int emax, boolean sign, int exp, long hi, long lo) {
        int emin = 1 - emax;
        if ((e.masks & FloatEnv.UE) == 0) {
            e.flags |= FloatEnv.UE;
            if (roundBits(e, prec, sign, hi, lo)) {
                e.flags |= FloatEnv.PE;
            }
            if (e.sig == 0) {
                e.sig = TOP;
                exp++;
            }
            e.exp = emax == EMAX80 ? exp + BIAS_ADJUST : exp;
            return;
        }
        if (e.ftz) {
            e.flags |= FloatEnv.UE | FloatEnv.PE;
            e.sig = 0;
            e.exp = emin;
            e.roundedUp = false;
            return;
        }
        int n = emin - exp;
        long dl = n < 64 ? hi << -n | shiftRightSticky(lo, n) : shiftRightSticky(hi, n - 64) | (lo != 0 ? 1 : 0);
        long dh = n < 64 ? hi >>> n : 0;
        if (roundBits(e, prec, sign, dh, dl)) {
            e.flags |= FloatEnv.UE | FloatEnv.PE;
        }
        e.exp = emin;
    }

    private static void overflow(FloatEnv e, int prec, int emax, boolean sign) {
        e.flags |= FloatEnv.OE;
        if ((e.masks & FloatEnv.OE) == 0) {
            if (emax == EMAX80) {
                e.exp -= BIAS_ADJUST;
            }
            return;
        }
        e.flags |= FloatEnv.PE;
        int mode = e.rounding;
        if (mode == FloatEnv.NEAREST || mode == (sign ? FloatEnv.DOWN : FloatEnv.UP)) {
            e.exp = emax + 1;
            e.sig = TOP;
            e.roundedUp = true;
        } else {
            e.exp = emax;
            e.sig = -1L << (64 - prec);
            e.roundedUp = false;
        }
    }

    /**
     * Rounds the 128-bit {@code hi:lo} to its upper {@code prec} bits, into {@link FloatEnv#sig} (zero when it carried out)
     * and {@link FloatEnv#roundedUp}. Returns whether it was inexact.
     */
    private static boolean roundBits(FloatEnv e, int prec, boolean sign, long hi, long lo) {
        long rest;
        long kept;
        long unit;
        if (prec == 64) {
            kept = hi;
            rest = lo;
            unit = 1;
        } else {
            kept = hi & -1L << (64 - prec);
            rest = hi << prec | (lo != 0 ? 1 : 0);
            unit = 1L << (64 - prec);
        }
        if (rest == 0) {
            e.sig = kept;
            e.roundedUp = false;
            return false;
        }
        boolean up;
        switch (e.rounding) {
            case FloatEnv.NEAREST:
                up = rest < 0 && (rest != TOP || (kept & unit) != 0);
                break;
            case FloatEnv.DOWN:
                up = sign;
                break;
            case FloatEnv.UP:
                up = !sign;
                break;
            default:
                up = false;
                break;
        }
        e.roundedUp = up;
        e.sig = up ? kept + unit : kept;
        return true;
    }
}
