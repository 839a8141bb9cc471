package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;

/** Half-precision numbers (IEEE 754 binary16), as bits: what F16C converts (SDM vol. 2, VCVTPH2PS and VCVTPS2PH). */
final class SoftF16 {
    private static final int SIGN = 0x8000;
    private static final int INFINITY = 0x7c00;
    private static final int FRACTION = 0x3ff;
    private static final int QUIET = 0x200;
    private static final int PREC = 11;
    private static final int EMAX = 15;
    private static final int SHIFT = 10;
    private static final int SINGLE_SHIFT = 13;

    private SoftF16() {}

    /** To single precision: exact; denormals raise nothing, whatever DAZ says. */
    static int toSingle(int h, FloatEnv e) {
        int sign = (h & SIGN) << 16;
        int rest = h & ~SIGN;
        if (rest > INFINITY) {
            if ((h & QUIET) == 0) {
                e.flags |= FloatEnv.IE;
            }
            return sign | SoftF32.INFINITY | SoftF32.QUIET | (h & FRACTION) << SINGLE_SHIFT;
        }
        if (rest == INFINITY) {
            return sign | SoftF32.INFINITY;
        }
        if (rest >>> SHIFT == 0) {
            return sign | Float.floatToRawIntBits(rest * 0x1p-24f);
        }
        return sign | (rest << SINGLE_SHIFT) + (SoftF32.EMAX - EMAX << 23);
    }

    /** From single precision; FTZ does not count. */
    static int fromSingle(int a, int mode, FloatEnv e) {
        int sign = a >>> 16 & SIGN;
        if (SoftF32.isNan(a)) {
            if (SoftF32.isSnan(a)) {
                e.flags |= FloatEnv.IE;
            }
            return sign | INFINITY | QUIET | (a & SoftF32.FRACTION) >>> SINGLE_SHIFT;
        }
        if ((a & ~SoftF32.SIGN) == SoftF32.INFINITY) {
            return sign | INFINITY;
        }
        int b = SoftF32.operand(a, e);
        if (b << 1 == 0) {
            return sign;
        }
        int rounding = e.rounding;
        int masks = e.masks;
        boolean ftz = e.ftz;
        e.rounding = mode;
        e.ftz = false;
        // What is inexact is decided by the denormal result even when underflow is not masked.
        e.masks |= FloatEnv.UE;
        SoftCore.round(e, PREC, EMAX, sign != 0, SoftF32.exponent(b), SoftF32.significand(b), 0);
        e.rounding = rounding;
        e.ftz = ftz;
        e.masks = masks;
        if ((masks & FloatEnv.UE) == 0 && e.sig >= 0) {
            e.flags |= FloatEnv.UE;
        }
        int r = (int) (e.sig << 1 >>> 65 - PREC);
        if (e.sig < 0) {
            r |= (e.exp + EMAX & 0x1f) << SHIFT;
        }
        return sign | r;
    }
}
