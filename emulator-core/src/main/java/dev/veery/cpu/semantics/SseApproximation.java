package dev.veery.cpu.semantics;

/**
 * RCPPS and RSQRTPS: approximations with a relative error of at most 1.5 * 2^-12 that raise no exception and take denormals
 * for zeros (SDM vol. 2).
 */
public final class SseApproximation {
    private SseApproximation() {}

    /** About {@code 1 / a}. */
    public static int rcp(int a) {
        return Float.floatToRawIntBits(1.0f / Float.intBitsToFloat(a));
    }

    /** About {@code 1 / sqrt(a)}. */
    public static int rsqrt(int a) {
        return Float.floatToRawIntBits((float) (1.0 / Math.sqrt(Float.intBitsToFloat(a))));
    }
}
