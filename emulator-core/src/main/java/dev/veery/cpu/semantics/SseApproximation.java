package dev.veery.cpu.semantics;

/**
 * RCPPS and RSQRTPS: approximations with a relative error of at most 1.5 * 2^-12 that raise no exception and take denormals
 * for zeros (SDM vol. 2).
 *
 * <p>The architecture leaves the bits open. These are Intel's: the operand's leading fraction bits choose an interval, and
 * the result is the value at the interval's middle, rounded to 12 fraction bits. Processors of other makers differ.
 */
public final class SseApproximation {
    private static final int EXPONENT_SHIFT = 23;
    private static final int BIAS = 127;
    private static final int RESULT_SHIFT = 11;
    private static final int RESULT_UNIT = 1 << 13;

    private SseApproximation() {}

    private static int exponent(int a) {
        return a >>> EXPONENT_SHIFT & 0xff;
    }

    /** About {@code 1 / a}; results too small to be normal are zero. */
    public static int rcp(int a) {
        int sign = a & SoftF32.SIGN;
        if (SoftF32.isNan(a)) {
            return a | SoftF32.QUIET;
        }
        int field = exponent(a);
        if (field == 0) {
            return sign | SoftF32.INFINITY;
        }
        int result = 2 * BIAS - 1 - field;
        if (field == 0xff || result <= 0) {
            return sign;
        }
        // 2048 intervals: the middle is d / 4096, between 1 and 2.
        int d = 4097 + 2 * (a >>> 12 & 0x7ff);
        int v = (2 * RESULT_UNIT * 4096 + d) / (2 * d);
        return sign | result << EXPONENT_SHIFT | (v & 0xfff) << RESULT_SHIFT;
    }

    /** About {@code 1 / sqrt(a)}. */
    public static int rsqrt(int a) {
        if (SoftF32.isNan(a)) {
            return a | SoftF32.QUIET;
        }
        int field = exponent(a);
        if (field == 0) {
            return a & SoftF32.SIGN | SoftF32.INFINITY;
        }
        if (a < 0) {
            return SoftF32.INDEFINITE;
        }
        if (field == 0xff) {
            return 0;
        }
        // 1024 intervals from 1 to 2 for even exponents, and as many from 2 to 4 for odd ones.
        int exponent = field - BIAS;
        double middle = ((2049 + 2 * (a >>> 13 & 0x3ff)) << (exponent & 1)) / 2048.0;
        int v = (int) (RESULT_UNIT / Math.sqrt(middle) + 0.5);
        return BIAS - 1 - (exponent >> 1) << EXPONENT_SHIFT | (v & 0xfff) << RESULT_SHIFT;
    }
}
