package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;

/** Square root, remainders, scaling and the transcendental instructions (SDM vol. 1, sections 8.3.5 and 8.3.7 to 8.3.11). */
public final class FpuFunctions {
    public static final int SQRT = 0;
    public static final int RNDINT = 1;
    public static final int F2XM1 = 2;
    public static final int SCALE = 3;

    public static final int YL2X = 0;
    public static final int YL2XP1 = 1;
    public static final int PATAN = 2;

    private FpuFunctions() {}

    /** ST(0) = f(ST(0)) for FSQRT, FRNDINT, F2XM1, and f(ST(0), ST(1)) for FSCALE. */
    public static void unary(CpuState s, int function) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0) || function == SCALE && Fpu.empty(s, 1)) {
            Fpu.underflow(e);
        } else {
            long sig = Fpu.sig(s, 0);
            int se = Fpu.signExp(s, 0);
            switch (function) {
                case SQRT:
                    SoftF80.sqrt(sig, se, e);
                    break;
                case RNDINT:
                    SoftF80.roundToIntegral(sig, se, e);
                    break;
                case F2XM1:
                    SoftLog.f2xm1(sig, se, e);
                    break;
                default:
                    SoftF80.scale(sig, se, Fpu.sig(s, 1), Fpu.signExp(s, 1), e);
                    break;
            }
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 0, e);
        }
    }

    /** ST(1) = f(ST(0), ST(1)), then a pop. */
    public static void binary(CpuState s, int function) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0) || Fpu.empty(s, 1)) {
            Fpu.underflow(e);
        } else {
            long as = Fpu.sig(s, 0);
            int ase = Fpu.signExp(s, 0);
            long bs = Fpu.sig(s, 1);
            int bse = Fpu.signExp(s, 1);
            if (function == PATAN) {
                SoftTrig.arcTangent(as, ase, bs, bse, e);
            } else if (function == YL2X) {
                SoftLog.fyl2x(as, ase, bs, bse, e);
            } else {
                SoftLog.fyl2xp1(as, ase, bs, bse, e);
            }
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 1, e);
            Fpu.pop(s);
        }
    }

    /** FPREM, and FPREM1 when {@code nearest}. */
    public static void remainder(CpuState s, boolean nearest) {
        FloatEnv e = Fpu.begin(s);
        int q = SoftF80Remainder.NONE;
        if (Fpu.empty(s, 0) || Fpu.empty(s, 1)) {
            Fpu.underflow(e);
        } else {
            q = SoftF80Remainder.remainder(
                    Fpu.sig(s, 0), Fpu.signExp(s, 0), Fpu.sig(s, 1), Fpu.signExp(s, 1), nearest, e);
        }
        boolean go = Fpu.finish(s, e);
        if (go) {
            Fpu.write(s, 0, e);
        }
        if (!go || q == SoftF80Remainder.NONE) {
            // The quotient's bits stay; only C2 says that there is nothing left to do.
            setC2(s, false);
            return;
        }
        int c = q == SoftF80Remainder.PARTIAL ? Fpu.C2 : (q & 4) != 0 ? Fpu.C0 : 0;
        if ((q & 2) != 0) {
            c |= Fpu.C3;
        }
        Fpu.setConditions(s, c);
        if ((q & 1) != 0) {
            s.setField(CpuState.FSW, s.field(CpuState.FSW) | Fpu.C1);
        }
    }

    /** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
    public static void extract(CpuState s) {
        FloatEnv e = Fpu.begin(s);
        long exponentSig = SoftF80.INDEFINITE_SIG;
        int exponentSe = SoftF80.INDEFINITE_SE;
        boolean fault = Fpu.empty(s, 0) || !Fpu.empty(s, 7);
        if (fault) {
            if (Fpu.empty(s, 0)) {
                Fpu.underflow(e);
            } else {
                Fpu.overflow(e);
            }
        } else {
            long sig = Fpu.sig(s, 0);
            int se = Fpu.signExp(s, 0);
            if (SoftF80.special(sig, se, e)) {
                exponentSig = e.sig;
                exponentSe = e.signExp;
            } else if (sig == 0 || SoftF80.isInfinity(sig, se)) {
                // log2(0) is minus infinity, and raises what a division by zero does.
                e.flags |= sig == 0 ? FloatEnv.ZE : 0;
                SoftF80.set(e, sig, se);
                exponentSig = SoftF80.TOP;
                exponentSe = sig == 0 ? SoftF80.SIGN | SoftF80.EXPONENT : SoftF80.EXPONENT;
            } else {
                SoftF80.extract(sig, se, e);
                sig = e.sig;
                se = e.signExp;
                SoftF80Convert.fromInt(e.exp, e);
                exponentSig = e.sig;
                exponentSe = e.signExp;
                SoftF80.set(e, sig, se);
            }
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 0, exponentSig, exponentSe);
            Fpu.push(s, e);
        }
    }

    /** FSIN and FCOS, by the constants of {@link SoftTrig}. */
    public static void circular(CpuState s, int function) {
        FloatEnv e = Fpu.begin(s);
        boolean far = false;
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            far = SoftTrig.outOfRange(Fpu.sig(s, 0), Fpu.signExp(s, 0));
            if (!far) {
                SoftTrig.circular(function, Fpu.sig(s, 0), Fpu.signExp(s, 0), e);
            }
        }
        boolean go = Fpu.finish(s, e);
        setC2(s, far);
        if (go && !far) {
            Fpu.write(s, 0, e);
        }
    }

    private static void setC2(CpuState s, boolean c2) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~Fpu.C2 | (c2 ? Fpu.C2 : 0));
    }

    /** FPTAN, and FSINCOS when {@code sinCos}: the result replaces ST(0), then 1 or the cosine is pushed. */
    public static void circularPush(CpuState s, boolean sinCos) {
        FloatEnv e = Fpu.begin(s);
        long firstSig = SoftF80.INDEFINITE_SIG;
        int firstSe = SoftF80.INDEFINITE_SE;
        boolean far = false;
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else if (!Fpu.empty(s, 7)) {
            Fpu.overflow(e);
        } else {
            long sig = Fpu.sig(s, 0);
            int se = Fpu.signExp(s, 0);
            far = SoftTrig.outOfRange(sig, se);
            if (!far) {
                SoftTrig.circular(sinCos ? SoftTrig.SIN : SoftTrig.TAN, sig, se, e);
                firstSig = e.sig;
                firstSe = e.signExp;
                if (sinCos) {
                    SoftTrig.circular(SoftTrig.COS, sig, se, e);
                } else if ((e.flags & FloatEnv.IE) == 0 && !SoftF80.isNan(e.sig, e.signExp)) {
                    SoftF80.set(e, SoftF80.TOP, SoftF80.BIAS);
                }
            }
        }
        boolean go = Fpu.finish(s, e);
        setC2(s, far);
        if (go && !far) {
            Fpu.write(s, 0, firstSig, firstSe);
            Fpu.push(s, e);
        }
    }
}
