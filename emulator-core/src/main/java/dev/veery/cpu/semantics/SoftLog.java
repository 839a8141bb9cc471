package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.cpu.state.WideFloat;

/**
 * F2XM1, FYL2X and FYL2XP1 (SDM vol. 1, sections 8.3.9 and 8.3.10). The result is rounded once from some 120 bits by the
 * current mode, always to 64 bits: within half a unit in the last place, where the manual promises one.
 */
public final class SoftLog {
    private static final long LN2_HI = 0xb172_17f7_d1cf_79abL;
    private static final long LN2_LO = 0xc9e3_b398_03f2_f6afL;
    private static final long LOG2E_HI = 0xb8aa_3b29_5c17_f0bbL;
    private static final long LOG2E_LO = 0xbe87_fed0_691d_3e89L;

    /** Upper half of the significand of the square root of two. */
    private static final long SQRT2 = 0xb504_f333_f9de_6484L;

    /** Terms of the exponential series: ln(2)^31 / 31! is below 2^-128. */
    private static final int EXP_TERMS = 30;

    /** Terms of the series of the inverse hyperbolic tangent of at most 3 - sqrt(8). */
    private static final int ATANH_TERMS = 25;

    private SoftLog() {}

    /** Rounds {@code w}, an approximation of what no number of bits can hold, to the accumulator. */
    static void round(WideFloat w, FloatEnv e) {
        w.lo |= 1;
        roundExact(w, e);
    }

    /** Raises what a result that is not exact raises, though it was not rounded. */
    static void inexact(FloatEnv e) {
        e.flags |= e.sig < 0 || e.sig == 0 ? FloatEnv.PE : FloatEnv.PE | FloatEnv.UE;
    }

    /** Rounds {@code w} to the accumulator. */
    static void roundExact(WideFloat w, FloatEnv e) {
        SoftCore.round(e, SoftF80.PREC, SoftF80.EMAX, w.negative, w.exp, w.hi, w.lo);
        if (e.sig < 0 && e.exp > SoftF80.EMAX + 1) {
            SoftF80.set(e, SoftF80.TOP, SoftF80.EXPONENT | (w.negative ? SoftF80.SIGN : 0));
        } else if (e.sig < 0 && e.exp < 1 - SoftF80.EMAX) {
            SoftF80.set(e, 0, w.negative ? SoftF80.SIGN : 0);
        } else {
            SoftF80.pack(e, w.negative);
        }
    }

    /** A finite number that is not zero. */
    static void set(WideFloat w, long sig, int se) {
        w.set((se & SoftF80.SIGN) != 0, SoftF80.exponent(sig, se), SoftF80.significand(sig), 0);
    }

    /** {@code 2^a - 1} for {@code a} from -1 to 1; beyond, where the manual leaves it undefined, {@code a} itself. */
    public static void f2xm1(long as, int ase, FloatEnv e) {
        if (SoftF80.special(as, ase, e)) {
            return;
        }
        boolean negative = (ase & SoftF80.SIGN) != 0;
        if (SoftF80.isInfinity(as, ase)) {
            SoftF80.set(e, SoftF80.TOP, negative ? SoftF80.SIGN | SoftF80.BIAS : SoftF80.EXPONENT);
            return;
        }
        if (as == 0) {
            SoftF80.set(e, as, ase);
            return;
        }
        SoftF80.denormals(as, ase, as, ase, e);
        int exp = SoftF80.exponent(as, ase);
        if (exp >= 0) {
            e.flags |= FloatEnv.PE;
            if (exp == 0 && as == SoftF80.TOP) {
                SoftF80.set(e, SoftF80.TOP, negative ? SoftF80.SIGN | SoftF80.BIAS - 1 : SoftF80.BIAS);
            } else {
                SoftF80.set(e, as, ase);
            }
            return;
        }
        WideFloat y = e.wide[2];
        WideFloat t = e.wide[3];
        WideFloat one = e.wide[4];
        WideFloat ln2 = e.wide[5];
        set(y, as, ase);
        ln2.set(false, -1, LN2_HI, LN2_LO);
        SoftWide.mul(y, y, ln2);
        SoftWide.setInt(one, 1);
        t.set(one);
        for (int k = EXP_TERMS; k >= 2; k--) {
            SoftWide.mul(t, t, y);
            SoftWide.divSmall(t, t, k);
            SoftWide.add(t, t, one);
        }
        SoftWide.mul(t, t, y);
        round(t, e);
    }

    /** {@code b * log2(a)}: {@code a} is ST(0), {@code b} ST(1). */
    public static void fyl2x(long as, int ase, long bs, int bse, FloatEnv e) {
        if (SoftF80.special(as, ase, bs, bse, e)) {
            return;
        }
        int sign = bse & SoftF80.SIGN;
        boolean infB = SoftF80.isInfinity(bs, bse);
        if (as == 0) {
            if (bs == 0) {
                SoftF80.invalid(e);
            } else {
                if (!infB) {
                    e.flags |= FloatEnv.ZE;
                }
                SoftF80.set(e, SoftF80.TOP, (sign ^ SoftF80.SIGN) | SoftF80.EXPONENT);
            }
            return;
        }
        if ((ase & SoftF80.SIGN) != 0) {
            SoftF80.invalid(e);
            return;
        }
        boolean one = as == SoftF80.TOP && ase == SoftF80.BIAS;
        boolean below = (ase & SoftF80.EXPONENT) < SoftF80.BIAS;
        if (scaledInfinity(SoftF80.isInfinity(as, ase), one, below, as, ase, bs, bse, e)) {
            return;
        }
        SoftF80.denormals(as, ase, bs, bse, e);
        if (one || bs == 0) {
            SoftF80.set(e, 0, below ? sign ^ SoftF80.SIGN : sign);
            return;
        }
        WideFloat m = e.wide[2];
        set(m, as, ase);
        int k = m.exp;
        m.exp = 0;
        if (Unsigned.lt(SQRT2, m.hi)) {
            m.exp = -1;
            k++;
        }
        WideFloat num = e.wide[3];
        WideFloat one128 = e.wide[4];
        SoftWide.setInt(one128, 1);
        SoftWide.sub(num, m, one128);
        SoftWide.add(m, m, one128);
        log2(num, m, k, bs, bse, e);
    }

    /** Answers when one factor of {@code b * log} is infinite; {@code zero} and {@code negative} are the logarithm's. */
    private static boolean scaledInfinity(
            boolean infLog, boolean zero, boolean negative, long as, int ase, long bs, int bse, FloatEnv e) {
        boolean infB = SoftF80.isInfinity(bs, bse);
        if (!infLog && !infB) {
            return false;
        }
        if (infLog && bs == 0 || infB && zero) {
            SoftF80.invalid(e);
            return true;
        }
        SoftF80.denormals(as, ase, bs, bse, e);
        int sign = bse & SoftF80.SIGN;
        SoftF80.set(e, SoftF80.TOP, (negative ? sign ^ SoftF80.SIGN : sign) | SoftF80.EXPONENT);
        return true;
    }

    /** {@code b * log2(1 + a)}; for {@code a} of -1 and below, where it is undefined, {@code a} itself, as the processor does. */
    public static void fyl2xp1(long as, int ase, long bs, int bse, FloatEnv e) {
        if (SoftF80.special(as, ase, bs, bse, e)) {
            return;
        }
        boolean negative = (ase & SoftF80.SIGN) != 0;
        boolean infA = SoftF80.isInfinity(as, ase);
        if (negative && infA) {
            SoftF80.invalid(e);
            return;
        }
        if (scaledInfinity(infA, as == 0, negative, as, ase, bs, bse, e)) {
            return;
        }
        SoftF80.denormals(as, ase, bs, bse, e);
        int sign = (ase ^ bse) & SoftF80.SIGN;
        if (as == 0 || bs == 0) {
            SoftF80.set(e, 0, sign);
            return;
        }
        if (negative && (ase & SoftF80.EXPONENT) >= SoftF80.BIAS) {
            e.flags |= FloatEnv.PE;
            SoftF80.set(e, as, ase);
            return;
        }
        WideFloat x = e.wide[2];
        WideFloat den = e.wide[3];
        WideFloat t = e.wide[4];
        set(x, as, ase);
        int k = 0;
        if (x.exp >= -2) {
            // 1 + x, brought to where the series converges fast.
            SoftWide.setInt(t, 1);
            SoftWide.add(x, x, t);
            k = x.exp;
            x.exp = 0;
            if (Unsigned.lt(SQRT2, x.hi)) {
                x.exp = -1;
                k++;
            }
            SoftWide.add(den, x, t);
            SoftWide.sub(x, x, t);
        } else {
            SoftWide.setInt(t, 2);
            SoftWide.add(den, x, t);
        }
        log2(x, den, k, bs, bse, e);
    }

    /** {@code b * (k + 2 atanh(num / den) / ln 2)}, rounded; {@code num} and {@code den} are numbers 2 and 3 in some order. */
    private static void log2(WideFloat num, WideFloat den, int k, long bs, int bse, FloatEnv e) {
        WideFloat s = e.wide[5];
        WideFloat t = e.wide[6];
        WideFloat c = e.wide[7];
        WideFloat one = e.wide[4];
        SoftWide.div(s, num, den, e);
        // The logarithm of a power of two is exact, but the processor calls it inexact all the same.
        boolean power = s.hi == 0;
        WideFloat s2 = num;
        SoftWide.mul(s2, s, s);
        SoftWide.setInt(one, 1);
        t.clear();
        for (int i = ATANH_TERMS; i >= 0; i--) {
            SoftWide.mul(t, t, s2);
            SoftWide.divSmall(c, one, 2 * i + 1);
            SoftWide.add(t, t, c);
        }
        SoftWide.mul(t, t, s);
        c.set(false, 1, LOG2E_HI, LOG2E_LO);
        SoftWide.mul(t, t, c);
        SoftWide.setInt(c, k);
        SoftWide.add(t, t, c);
        set(c, bs, bse);
        SoftWide.mul(t, t, c);
        if (power) {
            roundExact(t, e);
            inexact(e);
        } else {
            round(t, e);
        }
    }
}
