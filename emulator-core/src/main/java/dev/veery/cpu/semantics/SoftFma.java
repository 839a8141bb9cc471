package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;

/**
 * Fused multiplication and addition, {@code x * y + z} rounded once (SDM vol. 1, section 14.5). While the host's own
 * arithmetic can be used it is; else the product stays whole in 128 bits, which with the addend's place leave no doubt
 * about what rounding has to know.
 */
public final class SoftFma {
    private SoftFma() {}

    /**
     * Double precision.
     *
     * @param negateProduct computes {@code -(x * y)}
     * @param negateAddend subtracts {@code z}
     */
    public static long dual(long x, long y, long z, boolean negateProduct, boolean negateAddend, FloatEnv e) {
        boolean anyNan = SoftF64.isNan(x) || SoftF64.isNan(y) || SoftF64.isNan(z);
        if (anyNan) {
            return SoftF64.nan(x, y, z, e);
        }
        long sign = (x ^ y) & SoftF64.SIGN ^ (negateProduct ? SoftF64.SIGN : 0);
        boolean infinite = infinite(x) || infinite(y);
        if (infinite && (none(x, e) || none(y, e))) {
            return SoftF64.invalid(e);
        }
        long c = negateAddend ? z ^ SoftF64.SIGN : z;
        if (infinite && infinite(c) && ((sign ^ c) & SoftF64.SIGN) != 0) {
            return SoftF64.invalid(e);
        }
        long a = SoftF64.operand(x, e);
        long b = SoftF64.operand(y, e);
        c = SoftF64.operand(c, e);
        if (infinite) {
            return sign | SoftF64.INFINITY;
        }
        if (infinite(c)) {
            return c;
        }
        if (a << 1 == 0 || b << 1 == 0) {
            return SoftF64.add(sign, c, e);
        }
        if (c << 1 == 0) {
            SoftCore.mul(
                    e,
                    SoftF64.PREC,
                    SoftF64.EMAX,
                    sign != 0,
                    SoftF64.exponent(a),
                    SoftF64.significand(a),
                    SoftF64.exponent(b),
                    SoftF64.significand(b));
            return SoftF64.pack(e, sign != 0);
        }
        long p = SoftF64.significand(a);
        long q = SoftF64.significand(b);
        boolean negative = add(
                e,
                SoftF64.PREC,
                SoftF64.EMAX,
                sign != 0,
                SoftF64.exponent(a) + SoftF64.exponent(b) + 1,
                SoftCore.mulHigh(p, q),
                p * q,
                c < 0,
                SoftF64.exponent(c),
                SoftF64.significand(c));
        return SoftF64.pack(e, negative);
    }

    private static boolean infinite(long a) {
        return (a & ~SoftF64.SIGN) == SoftF64.INFINITY;
    }

    private static boolean none(long a, FloatEnv e) {
        return a << 1 == 0 || e.daz && SoftF64.isDenormal(a);
    }

    /** Single precision. */
    public static int single(int x, int y, int z, boolean negateProduct, boolean negateAddend, FloatEnv e) {
        boolean anyNan = SoftF32.isNan(x) || SoftF32.isNan(y) || SoftF32.isNan(z);
        if (anyNan) {
            return SoftF32.nan(x, y, z, e);
        }
        int sign = (x ^ y) & SoftF32.SIGN ^ (negateProduct ? SoftF32.SIGN : 0);
        boolean infinite = infinite(x) || infinite(y);
        if (infinite && (none(x, e) || none(y, e))) {
            return SoftF32.invalid(e);
        }
        int c = negateAddend ? z ^ SoftF32.SIGN : z;
        if (infinite && infinite(c) && ((sign ^ c) & SoftF32.SIGN) != 0) {
            return SoftF32.invalid(e);
        }
        int a = SoftF32.operand(x, e);
        int b = SoftF32.operand(y, e);
        c = SoftF32.operand(c, e);
        if (infinite) {
            return sign | SoftF32.INFINITY;
        }
        if (infinite(c)) {
            return c;
        }
        if (a << 1 == 0 || b << 1 == 0) {
            return SoftF32.add(sign, c, e);
        }
        if (c << 1 == 0) {
            SoftCore.mul(
                    e,
                    SoftF32.PREC,
                    SoftF32.EMAX,
                    sign != 0,
                    SoftF32.exponent(a),
                    SoftF32.significand(a),
                    SoftF32.exponent(b),
                    SoftF32.significand(b));
            return SoftF32.pack(e, sign != 0);
        }
        long p = SoftF32.significand(a);
        long q = SoftF32.significand(b);
        boolean negative = add(
                e,
                SoftF32.PREC,
                SoftF32.EMAX,
                sign != 0,
                SoftF32.exponent(a) + SoftF32.exponent(b) + 1,
                SoftCore.mulHigh(p, q),
                p * q,
                c < 0,
                SoftF32.exponent(c),
                SoftF32.significand(c));
        return SoftF32.pack(e, negative);
    }

    private static boolean infinite(int a) {
        return (a & ~SoftF32.SIGN) == SoftF32.INFINITY;
    }

    private static boolean none(int a, FloatEnv e) {
        return a << 1 == 0 || e.daz && SoftF32.isDenormal(a);
    }

    /**
     * Rounds the sum of {@code ph:pl}, whose bit 127 has weight 2^{@code ep}, and {@code c}, whose bit 63 has weight
     * 2^{@code ec} and is set. Returns the sign of the result.
     */
    private static boolean add(
            FloatEnv e, int prec, int emax, boolean sp, int ep, long ph, long pl, boolean sc, int ec, long c) {
        long ah = ph;
        long al = pl;
        int ea = ep;
        if (ah >= 0) {
            // The product of two numbers from 1 on below 2 has one or two bits before the point.
            ah = ah << 1 | al >>> 63;
            al <<= 1;
            ea--;
        }
        long bh = c;
        long bl = 0;
        int eb = ec;
        boolean sa = sp;
        boolean sb = sc;
        if (ea < eb || ea == eb && (Unsigned.lt(ah, bh) || ah == bh && al == 0)) {
            bh = ah;
            bl = al;
            eb = ea;
            sb = sp;
            ah = c;
            al = 0;
            ea = ec;
            sa = sc;
        }
        int d = ea - eb;
        if (d >= 128) {
            bh = 0;
            bl = 1;
        } else if (d >= 64) {
            bl = SoftCore.shiftRightSticky(bh, d - 64) | (bl != 0 ? 1 : 0);
            bh = 0;
        } else if (d > 0) {
            bl = bh << -d | SoftCore.shiftRightSticky(bl, d);
            bh >>>= d;
        }
        if (sa == sb) {
            long lo = al + bl;
            long carry = Unsigned.lt(lo, al) ? 1 : 0;
            long hi = ah + bh + carry;
            boolean out = Unsigned.lt(hi, ah) || carry != 0 && hi == ah;
            if (out) {
                SoftCore.round(e, prec, emax, sa, ea + 1, hi >>> 1 | SoftCore.TOP, hi << 63 | lo >>> 1 | lo & 1);
            } else {
                SoftCore.round(e, prec, emax, sa, ea, hi, lo);
            }
            return sa;
        }
        long lo = al - bl;
        long hi = ah - bh - (Unsigned.lt(al, bl) ? 1 : 0);
        if ((hi | lo) == 0) {
            e.sig = 0;
            e.exp = 0;
            return e.rounding == FloatEnv.DOWN;
        }
        SoftCore.normalise(e, prec, emax, sa, ea, hi, lo);
        return sa;
    }
}
