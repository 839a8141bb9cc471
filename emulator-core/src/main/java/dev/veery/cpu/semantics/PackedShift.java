package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;

/**
 * Packed shifts on 64 bits at a time (SDM vol. 2: PSLL*, PSRL*, PSRA*). The count is an unsigned 64-bit number: beyond the
 * lane's width logical shifts give 0 and arithmetic ones the sign.
 */
public final class PackedShift {
    private static final long ONES_W = 0x0001000100010001L;
    private static final long ONES_D = 0x0000000100000001L;

    private PackedShift() {}

    public static long psllw(long a, long count) {
        return Unsigned.lt(count, 16) ? a << count & (0xffffL << count & 0xffff) * ONES_W : 0;
    }

    public static long pslld(long a, long count) {
        return Unsigned.lt(count, 32) ? a << count & (0xffff_ffffL << count & 0xffff_ffffL) * ONES_D : 0;
    }

    public static long psllq(long a, long count) {
        return Unsigned.lt(count, 64) ? a << count : 0;
    }

    public static long psrlw(long a, long count) {
        return Unsigned.lt(count, 16) ? a >>> count & (0xffffL >>> count) * ONES_W : 0;
    }

    public static long psrld(long a, long count) {
        return Unsigned.lt(count, 32) ? a >>> count & (0xffff_ffffL >>> count) * ONES_D : 0;
    }

    public static long psrlq(long a, long count) {
        return Unsigned.lt(count, 64) ? a >>> count : 0;
    }

    public static long psraw(long a, long count) {
        int c = Unsigned.lt(count, 16) ? (int) count : 15;
        long kept = (0xffffL >>> c) * ONES_W;
        return (a >>> c & kept) | (PackedAdd.fillW(a) & ~kept);
    }

    public static long psrad(long a, long count) {
        int c = Unsigned.lt(count, 32) ? (int) count : 31;
        long kept = (0xffff_ffffL >>> c) * ONES_D;
        return (a >>> c & kept) | (PackedAdd.fillD(a) & ~kept);
    }

    /**
     * Bytes {@code count} to {@code count + 7} of the 16 bytes {@code high:low}; bytes beyond are 0.
     *
     * @param count 0 to 255
     */
    public static long window(long low, long high, int count) {
        if (count == 0) {
            return low;
        }
        if (count < 8) {
            return low >>> (8 * count) | high << (64 - 8 * count);
        }
        return count < 16 ? high >>> (8 * (count - 8)) : 0;
    }
}
