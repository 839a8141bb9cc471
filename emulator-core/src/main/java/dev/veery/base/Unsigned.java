package dev.veery.base;

/**
 * Unsigned order of longs. Every unsigned comparison in generated or very large methods goes through here, so that a
 * compiler defect has one place to be worked around.
 */
public final class Unsigned {
    private Unsigned() {}

    /** Whether {@code a < b}, both unsigned. */
    public static boolean lt(long a, long b) {
        return a + Long.MIN_VALUE < b + Long.MIN_VALUE;
    }

    /** Whether {@code a <= b}, both unsigned. */
    public static boolean le(long a, long b) {
        return a + Long.MIN_VALUE <= b + Long.MIN_VALUE;
    }

    /** Whether {@code [start, start + length)} lies within {@code [0, limit)}; nothing overflows. */
    public static boolean fits(long start, long length, long limit) {
        return le(length, limit) && le(start, limit - length);
    }
}
