package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;

/** FPREM and FPREM1 (SDM vol. 2): exact remainders, in steps when the exponents are far apart. */
public final class SoftF80Remainder {
    /** Result of {@link #remainder}: the reduction is not complete. */
    public static final int PARTIAL = 8;

    /** Result of {@link #remainder}: there is no quotient, since an operand was a NaN or the operation invalid. */
    public static final int NONE = 16;

    private SoftF80Remainder() {}

    /**
     * The remainder of {@code a} by {@code b}.
     *
     * @param nearest whether the quotient is rounded to the nearest integer (FPREM1) rather than cut
     * @return the low three bits of the quotient, {@link #PARTIAL} or {@link #NONE}
     */
    public static int remainder(long as, int ase, long bs, int bse, boolean nearest, FloatEnv e) {
        if (SoftF80.special(as, ase, bs, bse, e)) {
            return NONE;
        }
        if (SoftF80.isInfinity(as, ase) || bs == 0) {
            SoftF80.invalid(e);
            return NONE;
        }
        SoftF80.denormals(as, ase, bs, bse, e);
        if (as == 0) {
            SoftF80.set(e, as, ase);
            return 0;
        }
        if (SoftF80.isInfinity(bs, bse)) {
            SoftF80.itself(as, ase, e);
            return 0;
        }
        boolean sign = (ase & SoftF80.SIGN) != 0;
        int ea = SoftF80.exponent(as, ase);
        int eb = SoftF80.exponent(bs, bse);
        long a = SoftF80.significand(as);
        long b = SoftF80.significand(bs);
        int d = ea - eb;
        if (d < 0) {
            return small(a, ea, sign, b, nearest && d == -1, e);
        }
        if (d >= 64) {
            // The processor takes 32 to 63 bits of the quotient at a time, so that the rest is a multiple of 32.
            int n = d & 31 | 32;
            long r = step(a, b, n, e);
            finish(e, sign, eb + d - n, r);
            return PARTIAL;
        }
        long r = step(a, b, d, e);
        int q = (int) e.low;
        if (nearest) {
            boolean above = r < 0 || Unsigned.lt(b, r << 1);
            if (above || r << 1 == b && (q & 1) != 0) {
                r = b - r;
                sign = !sign;
                q++;
            }
            if (r == 0) {
                sign = (ase & SoftF80.SIGN) != 0;
            }
        }
        finish(e, sign, eb, r);
        return q & 7;
    }

    /** {@code |a| < |b|}: the quotient is 0, or 1 when rounding to nearest with {@code a} above half of {@code b}. */
    private static int small(long a, int ea, boolean sign, long b, boolean half, FloatEnv e) {
        if (half && Unsigned.lt(b, a)) {
            finish(e, !sign, ea, (b << 1) - a);
            return 1;
        }
        finish(e, sign, ea, a);
        return 0;
    }

    /** Remainder of {@code a * 2^n} by {@code b}, both with their leading bit at 63; the quotient's low bits go to {@link FloatEnv#low}. */
    private static long step(long a, long b, int n, FloatEnv e) {
        long r = a;
        long q = 0;
        if (Unsigned.le(b, r)) {
            r -= b;
            q = 1;
        }
        for (int i = 0; i < n; i++) {
            boolean carry = r < 0;
            r <<= 1;
            q <<= 1;
            if (carry || Unsigned.le(b, r)) {
                r -= b;
                q |= 1;
            }
        }
        e.low = q;
        return r;
    }

    private static void finish(FloatEnv e, boolean sign, int exp, long r) {
        if (r == 0) {
            SoftF80.set(e, 0, sign ? SoftF80.SIGN : 0);
            return;
        }
        SoftCore.normalise(e, SoftF80.PREC, SoftF80.EMAX, sign, exp, r, 0);
        SoftF80.pack(e, sign);
    }
}
