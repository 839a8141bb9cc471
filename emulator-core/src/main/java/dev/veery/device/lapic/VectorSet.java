package dev.veery.device.lapic;

/** A set of the 256 vectors: IRR, ISR and TMR are each one. */
final class VectorSet {
    private static final int WORDS = 4;

    private final long[] words = new long[WORDS];

    void add(int vector) {
        words[vector >>> 6] |= 1L << vector;
    }

    void remove(int vector) {
        words[vector >>> 6] &= ~(1L << vector);
    }

    boolean has(int vector) {
        return (words[vector >>> 6] >>> vector & 1) != 0;
    }

    /** The highest vector in the set, or -1. */
    int highest() {
        for (int i = WORDS - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return (i << 6) + Long.SIZE - 1 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return -1;
    }

    /** Register {@code n}, 0 to 7, of the eight that show the set. */
    int register(int n) {
        return (int) (words[n >>> 1] >>> (n & 1) * Integer.SIZE);
    }

    void clear() {
        for (int i = 0; i < WORDS; i++) {
            words[i] = 0;
        }
    }
}
