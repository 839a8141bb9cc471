package dev.veery.cpu.semantics;

/** The bit-field instructions of BMI1 and BMI2 (SDM vol. 2), on zero-extended operands. */
public final class BitFields {
    private BitFields() {}

    /**
     * BEXTR.
     *
     * @param control start in bits 0 to 7, length in bits 8 to 15
     */
    public static long extract(long value, long control) {
        int start = (int) control & 0xff;
        int length = (int) control >>> 8 & 0xff;
        if (start > 63) {
            return 0;
        }
        long field = value >>> start;
        return length > 63 ? field : field & (1L << length) - 1;
    }

    /** BZHI: {@code index} is 0 to 255. */
    public static long zeroHigh(long value, int index) {
        return index > 63 ? value : value & (1L << index) - 1;
    }

    /** PDEP: the low bits of {@code value} to the places that {@code mask} has. */
    public static long deposit(long value, long mask) {
        long result = 0;
        long rest = value;
        for (long m = mask; m != 0; m &= m - 1) {
            if ((rest & 1) != 0) {
                result |= m & -m;
            }
            rest >>>= 1;
        }
        return result;
    }

    /** PEXT: the bits of {@code value} that {@code mask} has, close together. */
    public static long gather(long value, long mask) {
        long result = 0;
        int at = 0;
        for (long m = mask; m != 0; m &= m - 1) {
            if ((value & m & -m) != 0) {
                result |= 1L << at;
            }
            at++;
        }
        return result;
    }
}
