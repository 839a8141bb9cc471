package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.cpu.state.WideFloat;

/**
 * FSIN, FCOS, FPTAN and FPATAN (SDM vol. 1, sections 8.3.7 to 8.3.10), rounded once from some 120 bits by the current
 * mode. Arguments are reduced with the pi of 66 bits that the processor uses, so that large ones give its results and not
 * the mathematical ones.
 */
public final class SoftTrig {
    public static final int SIN = 0;
    public static final int COS = 1;
    public static final int TAN = 2;

    private static final long PI_HI = 0xc90f_daa2_2168_c234L;
    private static final long PI_LO = 0xc4c6_628b_80dc_1cd1L;

    /** Pi of 66 bits times 2^64: its two upper bits and the rest. */
    private static final long PI66_HI = 3;

    private static final long PI66_LO = 0x243f_6a88_85a3_08d3L;

    /** Arguments below 2^-68 are not worth a series. */
    private static final int TINY = -68;

    /** Ratios below 2^-38 are their own arc tangent, cubes being out of sight. */
    private static final int ATAN_TINY = -38;

    /** Terms of the sine and cosine series up to pi/4. */
    private static final int TERMS = 17;

    /** Terms of the arc tangent series up to 1/32. */
    private static final int ATAN_TERMS = 13;

    // atan(k/16), k from 1: exponent, then 128 bits.
    private static final int[] ATAN_EXP = {-5, -4, -3, -3, -2, -2, -2, -2, -1, -1, -1, -1, -1, -1, -1, -1};
    private static final long[] ATAN_HI = {
        0xffaa_ddb9_67ef_4e36L,
        0xfead_d4d5_617b_6e32L,
        0xbdcb_da5e_72d8_1134L,
        0xfadb_afc9_6406_eb15L,
        0x9b13_b9b8_3f5e_5e69L,
        0xb7b0_ca0f_26f7_8473L,
        0xd327_761e_611f_e5b6L,
        0xed63_382b_0dda_7b45L,
        0x832b_f4a6_d986_7e2aL,
        0x8f00_5d5e_f7f5_9f9bL,
        0x9a2f_80e6_71bd_da20L,
        0xa4bc_7d19_34f7_0924L,
        0xaeac_4c38_b4d8_c080L,
        0xb805_3e2b_c231_9e73L,
        0xc0ce_85b8_ac52_6640L,
        0xc90f_daa2_2168_c234L
    };
    private static final long[] ATAN_LO = {
        0xcb27_92dc_0e2e_0d51L,
        0xc897_989f_3e88_8ef8L,
        0x7b0b_4f88_1c9c_7488L,
        0x6dc7_9ef5_f7a2_17e6L,
        0xc5ab_b498_d27a_f328L,
        0x8aa3_2122_dcfe_4483L,
        0x427c_95e9_001e_7136L,
        0x6fe4_45ec_bc3a_8d03L,
        0x4b6a_09cb_61a5_15c1L,
        0x5c83_5e16_65c4_3748L,
        0x4226_f8e2_204f_f3bdL,
        0x19a8_7f2a_457d_ac9fL,
        0x1472_5e2f_3e52_070aL,
        0xcb2d_a552_10a4_443dL,
        0x89dd_62c4_6e92_fa25L,
        0xc4c6_628b_80dc_1cd1L
    };

    private SoftTrig() {}

    /** Whether {@code a} is finite and too large to reduce: the instruction sets C2 and leaves it alone. */
    public static boolean outOfRange(long as, int ase) {
        int exp = ase & SoftF80.EXPONENT;
        return exp >= SoftF80.BIAS + 63 && exp < SoftF80.EXPONENT && as < 0;
    }

    /** The sine, cosine or tangent, by {@code function}, of {@code a}, which is in range. */
    public static void circular(int function, long as, int ase, FloatEnv e) {
        if (SoftF80.special(as, ase, e)) {
            return;
        }
        if (SoftF80.isInfinity(as, ase)) {
            SoftF80.invalid(e);
            return;
        }
        if (as == 0) {
            SoftF80.set(e, function == COS ? SoftF80.TOP : 0, function == COS ? SoftF80.BIAS : ase);
            return;
        }
        SoftF80.denormals(as, ase, as, ase, e);
        if (SoftF80.exponent(as, ase) < TINY) {
            tiny(function, as, ase, e);
            return;
        }
        WideFloat r = e.wide[2];
        int quadrant = reduce(r, SoftF80.exponent(as, ase), SoftF80.significand(as));
        boolean negative = (ase & SoftF80.SIGN) != 0;
        WideFloat v = e.wide[7];
        if (function == TAN) {
            WideFloat sin = e.wide[8];
            series(sin, r, true, e);
            series(v, r, false, e);
            if ((quadrant & 1) == 0) {
                SoftWide.div(v, sin, v, e);
            } else {
                SoftWide.div(v, v, sin, e);
                v.negative = !v.negative;
            }
            v.negative ^= negative;
        } else {
            int q = quadrant + (function == COS ? 1 : 0);
            series(v, r, (q & 1) == 0, e);
            v.negative ^= (q & 2) != 0 ^ (negative && function == SIN);
        }
        SoftLog.round(v, e);
    }

    /**
     * A number so small that its sine and tangent are taken to be itself and its cosine 1: inexact, and tiny when denormal,
     * but not rounded, whatever the mode.
     */
    private static void tiny(int function, long as, int ase, FloatEnv e) {
        if (function == COS) {
            e.flags |= FloatEnv.PE;
            SoftF80.set(e, SoftF80.TOP, SoftF80.BIAS);
            return;
        }
        SoftLog.set(e.wide[2], as, ase);
        SoftLog.roundExact(e.wide[2], e);
        SoftLog.inexact(e);
    }

    /** Remainder of a positive number by half of pi, nearest to zero; returns the quotient's low bits. */
    private static int reduce(WideFloat r, int exp, long sig) {
        if (exp < -1 || exp == -1 && Unsigned.lt(sig, PI_HI)) {
            r.set(false, exp, sig, 0);
            return 0;
        }
        // In units of 2^-65 half of pi is PI66 and the number sig << (exp + 2).
        long hi = 0;
        long lo = sig;
        int q = 0;
        for (int i = exp + 2; i > 0; i--) {
            hi = hi << 1 | lo >>> 63;
            lo <<= 1;
            q <<= 1;
            if (hi > PI66_HI || hi == PI66_HI && Unsigned.le(PI66_LO, lo)) {
                hi -= PI66_HI + (Unsigned.lt(lo, PI66_LO) ? 1 : 0);
                lo -= PI66_LO;
                q |= 1;
            }
        }
        boolean negative = false;
        long twiceHi = hi << 1 | lo >>> 63;
        if (twiceHi > PI66_HI || twiceHi == PI66_HI && Unsigned.lt(PI66_LO, lo << 1)) {
            hi = PI66_HI - hi - (Unsigned.lt(PI66_LO, lo) ? 1 : 0);
            lo = PI66_LO - lo;
            q++;
            negative = true;
        }
        SoftWide.normalise(r, negative, 127 - 65, hi, lo);
        return q & 3;
    }

    /** The sine or cosine of {@code r}, at most pi/4 in size, by its series. Uses numbers 3 to 5. */
    private static void series(WideFloat v, WideFloat r, boolean sine, FloatEnv e) {
        WideFloat r2 = e.wide[3];
        WideFloat one = e.wide[4];
        WideFloat t = e.wide[5];
        SoftWide.setInt(one, 1);
        SoftWide.mul(r2, r, r);
        t.set(one);
        for (int k = TERMS; k >= 1; k--) {
            SoftWide.mul(t, t, r2);
            SoftWide.divSmall(t, t, sine ? 2 * k * (2 * k + 1) : 2 * k * (2 * k - 1));
            SoftWide.sub(t, one, t);
        }
        if (sine) {
            SoftWide.mul(v, t, r);
        } else {
            v.set(t);
        }
    }

    /** The angle of the point {@code (a, b)}: {@code a} is ST(0), the abscissa, and {@code b} ST(1). */
    public static void arcTangent(long as, int ase, long bs, int bse, FloatEnv e) {
        if (SoftF80.special(as, ase, bs, bse, e)) {
            return;
        }
        SoftF80.denormals(as, ase, bs, bse, e);
        boolean left = (ase & SoftF80.SIGN) != 0;
        boolean below = (bse & SoftF80.SIGN) != 0;
        boolean infA = SoftF80.isInfinity(as, ase);
        boolean infB = SoftF80.isInfinity(bs, bse);
        WideFloat v = e.wide[7];
        if (infB) {
            // Pi/2, or a quarter or three quarters of pi when both are infinite.
            angle(v, infA ? left ? 3 : 1 : 2, e);
        } else if (bs == 0 || infA) {
            if (!left) {
                SoftF80.set(e, 0, bse & SoftF80.SIGN);
                return;
            }
            angle(v, 4, e);
        } else if (as == 0) {
            angle(v, 2, e);
        } else {
            SoftLog.set(e.wide[2], as, ase);
            SoftLog.set(e.wide[3], bs, bse);
            quadrants(v, e.wide[2], e.wide[3], left, e);
        }
        v.negative = below;
        SoftLog.roundExact(v, e);
        SoftLog.inexact(e);
    }

    /** {@code n} quarters of pi. */
    private static void angle(WideFloat v, int n, FloatEnv e) {
        v.set(false, -1, PI_HI, PI_LO);
        if (n == 3) {
            WideFloat half = e.wide[8];
            half.set(false, 0, PI_HI, PI_LO);
            SoftWide.add(v, v, half);
        } else {
            v.exp += n == 4 ? 2 : n - 1;
        }
    }

    /** The angle of the point with the absolute values of {@code x} and {@code y}, in the left half plane if told. */
    private static void quadrants(WideFloat v, WideFloat x, WideFloat y, boolean left, FloatEnv e) {
        x.negative = false;
        y.negative = false;
        boolean steep = y.exp > x.exp || y.exp == x.exp && Unsigned.lt(x.hi, y.hi);
        atan(v, steep ? x : y, steep ? y : x, e);
        WideFloat c = e.wide[4];
        if (steep) {
            c.set(false, 0, PI_HI, PI_LO);
            if (left) {
                SoftWide.add(v, c, v);
            } else {
                SoftWide.sub(v, c, v);
            }
        } else if (left) {
            c.set(false, 1, PI_HI, PI_LO);
            SoftWide.sub(v, c, v);
        }
    }

    /** Arc tangent of {@code n / d}, which is between 0 and 1. */
    private static void atan(WideFloat v, WideFloat n, WideFloat d, FloatEnv e) {
        WideFloat u = e.wide[5];
        WideFloat t = e.wide[6];
        WideFloat c = e.wide[8];
        double ratio = Math.scalb((double) (n.hi >>> 11) / (double) (d.hi >>> 11), Math.max(n.exp - d.exp, -100));
        int k = (int) Math.rint(ratio * 16);
        if (k == 0) {
            SoftWide.div(u, n, d, e);
            if (u.exp < ATAN_TINY) {
                v.set(u);
                return;
            }
        } else {
            // (n/d - k/16) / (1 + n/d * k/16), by 16 d.
            SoftWide.setInt(c, k);
            SoftWide.mul(t, d, c);
            SoftWide.mul(v, n, c);
            n.exp += 4;
            d.exp += 4;
            SoftWide.sub(t, n, t);
            SoftWide.add(v, d, v);
            SoftWide.div(u, t, v, e);
        }
        WideFloat u2 = e.wide[9];
        WideFloat one = e.wide[10];
        SoftWide.mul(u2, u, u);
        SoftWide.setInt(one, 1);
        t.clear();
        for (int i = ATAN_TERMS; i >= 0; i--) {
            SoftWide.mul(t, t, u2);
            SoftWide.divSmall(c, one, 2 * i + 1);
            SoftWide.sub(t, c, t);
        }
        SoftWide.mul(v, t, u);
        if (k != 0) {
            c.set(false, ATAN_EXP[k - 1], ATAN_HI[k - 1], ATAN_LO[k - 1]);
            SoftWide.add(v, v, c);
        }
        v.lo |= 1;
    }
}
