package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.cpu.state.WideFloat;

/**
 * Arithmetic on {@link WideFloat}, good to some 124 bits: enough that a transcendental function rounded to 64 is almost
 * always rounded correctly. The result may be one of the operands. What falls off in a sum is left as a one in the last
 * place, so that {@code 1 - tiny} is below 1 and directed rounding sees it.
 */
final class SoftWide {
    /** Numbers 0 and 1 of {@link FloatEnv#wide} belong to {@link #div}. */
    private static final int T0 = 0;

    private static final int T1 = 1;

    private SoftWide() {}

    static void setInt(WideFloat r, int v) {
        if (v == 0) {
            r.clear();
            return;
        }
        long m = Math.abs((long) v);
        int n = Long.numberOfLeadingZeros(m);
        r.set(v < 0, 63 - n, m << n, 0);
    }

    /** {@code r = a + b}. */
    static void add(WideFloat r, WideFloat a, WideFloat b) {
        sum(r, a, b, b.negative);
    }

    /** {@code r = a - b}. */
    static void sub(WideFloat r, WideFloat a, WideFloat b) {
        sum(r, a, b, !b.negative);
    }

    private static void sum(WideFloat r, WideFloat a, WideFloat b, boolean bNegative) {
        if (b.hi == 0) {
            r.set(a);
        } else if (a.hi == 0) {
            r.set(bNegative, b.exp, b.hi, b.lo);
        } else if (larger(a, b)) {
            ordered(r, a.negative, a.exp, a.hi, a.lo, bNegative, b.exp, b.hi, b.lo);
        } else {
            ordered(r, bNegative, b.exp, b.hi, b.lo, a.negative, a.exp, a.hi, a.lo);
        }
    }

    private static boolean larger(WideFloat a, WideFloat b) {
        if (a.exp != b.exp) {
            return a.exp > b.exp;
        }
        return a.hi != b.hi ? Unsigned.lt(b.hi, a.hi) : Unsigned.le(b.lo, a.lo);
    }

    private static void ordered(
            WideFloat r, boolean an, int ae, long ah, long al, boolean bn, int be, long bh, long bl) {
        int d = ae - be;
        if (d >= 128) {
            bl = 1;
            bh = 0;
        } else if (d >= 64) {
            bl = SoftCore.shiftRightSticky(bh, d - 64) | (bl != 0 ? 1 : 0);
            bh = 0;
        } else if (d > 0) {
            bl = bh << -d | SoftCore.shiftRightSticky(bl, d);
            bh = bh >>> d;
        }
        if (an == bn) {
            long lo = al + bl;
            long carry = Unsigned.lt(lo, al) ? 1 : 0;
            long hi = ah + bh;
            boolean out = Unsigned.lt(hi, ah) || hi == -1L && carry != 0;
            hi += carry;
            if (out) {
                r.set(an, ae + 1, hi >>> 1 | SoftCore.TOP, hi << 63 | lo >>> 1 | lo & 1);
            } else {
                r.set(an, ae, hi, lo);
            }
            return;
        }
        long lo = al - bl;
        long hi = ah - bh - (Unsigned.lt(al, bl) ? 1 : 0);
        normalise(r, an, ae, hi, lo);
    }

    static void normalise(WideFloat r, boolean negative, int exp, long hi, long lo) {
        if ((hi | lo) == 0) {
            r.clear();
        } else if (hi == 0) {
            int n = Long.numberOfLeadingZeros(lo);
            r.set(negative, exp - 64 - n, lo << n, 0);
        } else {
            int n = Long.numberOfLeadingZeros(hi);
            r.set(negative, exp - n, n == 0 ? hi : hi << n | lo >>> -n, lo << n);
        }
    }

    /** {@code r = a * b}. */
    static void mul(WideFloat r, WideFloat a, WideFloat b) {
        if (a.hi == 0 || b.hi == 0) {
            r.clear();
            return;
        }
        long hi = SoftCore.mulHigh(a.hi, b.hi);
        long lo = a.hi * b.hi;
        long cross = a.hi * b.lo;
        long below = cross + a.lo * b.hi;
        long carry = Unsigned.lt(below, cross) ? 1 : 0;
        long sum = below + SoftCore.mulHigh(a.lo, b.lo);
        if (Unsigned.lt(sum, below)) {
            carry++;
        }
        long part = SoftCore.mulHigh(a.hi, b.lo);
        lo += part;
        hi += Unsigned.lt(lo, part) ? 1 : 0;
        part = SoftCore.mulHigh(a.lo, b.hi);
        lo += part;
        hi += Unsigned.lt(lo, part) ? 1 : 0;
        lo += carry;
        hi += Unsigned.lt(lo, carry) ? 1 : 0;
        boolean negative = a.negative != b.negative;
        int exp = a.exp + b.exp;
        if (hi < 0) {
            r.set(negative, exp + 1, hi, lo);
        } else {
            r.set(negative, exp, hi << 1 | lo >>> 63, lo << 1 | sum >>> 63);
        }
    }

    /** {@code r = a / n}, {@code n} from 1 to 2^31 - 1. */
    static void divSmall(WideFloat r, WideFloat a, int n) {
        if (a.hi == 0) {
            r.clear();
            return;
        }
        // Digits of 32 bits; the fifth keeps the quotient full after normalising.
        long q3 = (a.hi >>> 32) / n;
        long d = (a.hi >>> 32) % n << 32 | a.hi & 0xffff_ffffL;
        long q2 = d / n;
        d = d % n << 32 | a.lo >>> 32;
        long q1 = d / n;
        d = d % n << 32 | a.lo & 0xffff_ffffL;
        long q0 = d / n;
        long extra = (d % n << 32) / n;
        long hi = q3 << 32 | q2;
        long lo = q1 << 32 | q0;
        int shift = Long.numberOfLeadingZeros(hi);
        if (shift == 0) {
            r.set(a.negative, a.exp, hi, lo);
        } else {
            r.set(a.negative, a.exp - shift, hi << shift | lo >>> -shift, lo << shift | extra << 32 >>> -shift);
        }
    }

    /** {@code r = a / b}, {@code b} not zero. */
    static void div(WideFloat r, WideFloat a, WideFloat b, FloatEnv e) {
        if (a.hi == 0) {
            r.clear();
            return;
        }
        WideFloat q = e.wide[T0];
        WideFloat t = e.wide[T1];
        // 64 bits of quotient by the upper half of b, and as many again of what that leaves.
        quotient(q, a, b, e);
        mul(t, q, b);
        sub(t, a, t);
        quotient(t, t, b, e);
        add(r, q, t);
    }

    private static void quotient(WideFloat q, WideFloat a, WideFloat b, FloatEnv e) {
        if (a.hi == 0) {
            q.clear();
            return;
        }
        boolean negative = a.negative != b.negative;
        int exp = a.exp - b.exp;
        if (Unsigned.lt(a.hi, b.hi)) {
            long v = SoftCore.divide(e, a.hi, a.lo, b.hi);
            normalise(q, negative, exp - 1, v, 0);
        } else {
            long v = SoftCore.divide(e, a.hi >>> 1, a.hi << 63 | a.lo >>> 1, b.hi);
            normalise(q, negative, exp, v, 0);
        }
    }
}
