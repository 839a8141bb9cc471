package dev.veery.cpu.interp;

import dev.veery.memory.access.OffHeap;

/** Atomic operations on guest RAM at host addresses (SDM vol. 3, section 9.1): what LOCK and XCHG need of the host. */
final class Locked {
    private static final int WORD = 8;

    private Locked() {}

    /** Whether {@link #compareAndSet} can do it: within an aligned word, or the host is not particular about that. */
    static boolean possible(long host, int size) {
        return (host & WORD - 1) + size <= WORD || OffHeap.UNALIGNED_ATOMICS;
    }

    /**
     * Replaces {@code size} bytes, which are in one page; a full fence. May fail although they are as expected, when the
     * bytes around them change.
     */
    static boolean compareAndSet(long host, int size, long expected, long value) {
        if (size == 8) {
            return OffHeap.compareAndSetLong(host, expected, value);
        }
        if (size == 4 && ((host & 3) == 0 || (host & WORD - 1) + 4 > WORD)) {
            return OffHeap.compareAndSetInt(host, (int) expected, (int) value);
        }
        if ((host & WORD - 1) + size > WORD) {
            // Two bytes around the end of a word: the four around them.
            return within(host - 1, Integer.BYTES, 8, size, expected, value);
        }
        long word = host & -WORD;
        return within(word, WORD, (int) (host - word) * 8, size, expected, value);
    }

    private static boolean within(long at, int width, int shift, int size, long expected, long value) {
        long mask = (1L << 8 * size) - 1 << shift;
        long old = width == WORD ? OffHeap.getLongAcquire(at) : OffHeap.getIntAcquire(at);
        if ((old & mask) != (expected << shift & mask)) {
            return false;
        }
        long wanted = old & ~mask | value << shift & mask;
        return width == WORD
                ? OffHeap.compareAndSetLong(at, old, wanted)
                : OffHeap.compareAndSetInt(at, (int) old, (int) wanted);
    }
}
