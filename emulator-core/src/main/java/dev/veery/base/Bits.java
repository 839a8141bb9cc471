package dev.veery.base;

/** Bit-field arithmetic on longs and ints. */
public final class Bits {
    private Bits() {}

    /** A mask of the low {@code width} bits, 0 to 64. */
    public static long mask(int width) {
        return width == 0 ? 0 : -1L >>> (64 - width);
    }

    /** The {@code width} bits of {@code value} that start at {@code shift}, zero-extended. */
    public static long field(long value, int shift, int width) {
        return (value >>> shift) & mask(width);
    }

    /** Whether bit {@code n} of {@code value} is set. */
    public static boolean bit(long value, int n) {
        return (value >>> n & 1) != 0;
    }

    /** Sign-extends the low {@code width} bits, 1 to 64. */
    public static long signExtend(long value, int width) {
        int shift = 64 - width;
        return value << shift >> shift;
    }

    /** Rounds down to a multiple of {@code alignment}, a power of two. */
    public static long alignDown(long value, long alignment) {
        return value & -alignment;
    }

    /** Rounds up to a multiple of {@code alignment}, a power of two; wraps at 2^64. */
    public static long alignUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    /** Whether {@code value} is a power of two. */
    public static boolean isPowerOfTwo(long value) {
        return value != 0 && (value & (value - 1)) == 0;
    }
}
