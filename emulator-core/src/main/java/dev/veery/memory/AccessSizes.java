package dev.veery.memory;

import dev.veery.base.Bits;

/**
 * The widths of access that a device understands, in bytes, each 1, 2, 4 or 8.
 *
 * <p>Valid is what the guest may use: wider accesses arrive as several of {@code maxValid}, narrower ones are refused
 * (they read as all ones, their writes are dropped). Implemented is what the handler is called with: wider valid accesses
 * become several calls at rising offsets; a narrower read takes its bytes out of one aligned {@code minImplemented} read,
 * and a narrower write is one aligned {@code minImplemented} write with the other bytes zero.
 *
 * @param minValid narrowest access the guest may make
 * @param maxValid widest access that arrives in one piece
 * @param minImplemented narrowest call of the handler
 * @param maxImplemented widest call of the handler
 * @param unaligned whether offsets that are no multiple of the width reach the handler; otherwise such accesses are split
 *     into aligned pieces first
 */
public record AccessSizes(int minValid, int maxValid, int minImplemented, int maxImplemented, boolean unaligned) {
    /** Bytes only: wider accesses reach consecutive offsets. */
    public static final AccessSizes BYTE = of(1, 1);
    /** 1 and 2 bytes. */
    public static final AccessSizes BYTE_TO_WORD = of(1, 2);
    /** 1, 2 and 4 bytes: what port space and most registers have. */
    public static final AccessSizes BYTE_TO_DWORD = of(1, 4);
    /** 1, 2, 4 and 8 bytes. */
    public static final AccessSizes BYTE_TO_QWORD = of(1, 8);
    /** 4 bytes only; anything narrower is refused. */
    public static final AccessSizes DWORD = of(4, 4);
    /** 4 and 8 bytes; anything narrower is refused. */
    public static final AccessSizes DWORD_TO_QWORD = of(4, 8);

    /** Checks the widths. */
    public AccessSizes {
        if (!isSize(minValid) || !isSize(maxValid) || minValid > maxValid) {
            throw new IllegalArgumentException("valid sizes " + minValid + " to " + maxValid);
        }
        if (!isSize(minImplemented) || !isSize(maxImplemented) || minImplemented > maxImplemented) {
            throw new IllegalArgumentException("implemented sizes " + minImplemented + " to " + maxImplemented);
        }
    }

    /** Valid and implemented widths alike, aligned. */
    public static AccessSizes of(int min, int max) {
        return new AccessSizes(min, max, min, max, false);
    }

    /** The guest may use {@code minValid} to {@code maxValid}; the handler sees only {@code implemented}; aligned. */
    public static AccessSizes adapted(int minValid, int maxValid, int implemented) {
        return new AccessSizes(minValid, maxValid, implemented, implemented, false);
    }

    private static boolean isSize(int size) {
        return size >= 1 && size <= 8 && Bits.isPowerOfTwo(size);
    }

    /** Whether an access reaches the handler as it is. */
    boolean direct(long offset, int size) {
        return size >= minValid
                && size >= minImplemented
                && size <= maxValid
                && size <= maxImplemented
                && (unaligned || (offset & size - 1) == 0);
    }
}
