package dev.veery.net;

import dev.veery.memory.access.OffHeap;

/**
 * The checksum of the Internet protocols (RFC 1071): 16-bit words added in one's complement. Sums are kept in the order of
 * memory, which a one's complement sum does not mind, so that nothing is swapped until a word is stored.
 */
public final class InternetChecksum {
    private static final int WORD = 0xffff;

    private InternetChecksum() {}

    /** The folded sum of {@code length} bytes at {@code host}; an odd last byte counts as the first of a word. */
    public static int sum(long host, int length) {
        long sum = 0;
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            long word = OffHeap.getLong(host + at);
            sum += (word & 0xffff_ffffL) + (word >>> 32);
        }
        for (; at + 2 <= length; at += 2) {
            sum += OffHeap.getChar(host + at);
        }
        if (at < length) {
            sum += OffHeap.getByte(host + at) & 0xff;
        }
        return fold(sum);
    }

    /** The sum of {@code length} bytes with sum {@code first} and further ones with sum {@code second} behind them. */
    public static int append(int first, int length, int second) {
        return fold((long) first + ((length & 1) == 0 ? second : swap(second)));
    }

    /** The sum of two ranges of whole words, or of a range and a number from {@link #number}. */
    public static int add(int first, int second) {
        return fold((long) first + second);
    }

    /** A 16-bit number in network order as part of a sum. */
    public static int number(int value) {
        return swap(value & WORD);
    }

    /** What goes into the checksum field for this sum, in memory order. */
    public static int complement(int sum) {
        return ~sum & WORD;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & WORD) + (folded >>> 16);
        }
        return (int) folded;
    }

    private static int swap(int value) {
        return (value & 0xff) << 8 | value >>> 8;
    }
}
