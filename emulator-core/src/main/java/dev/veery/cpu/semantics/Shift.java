package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;

/**
 * Shifts, rotates and double shifts (SDM vol. 2). Counts are masked to 5 bits, 6 for 64-bit operands; a count of zero
 * changes no flag. Where the manual leaves OF undefined (counts above one), it is computed as for a count of one from
 * the final result, as current processors do.
 */
public final class Shift {
    /** Operations in the order of the shift group's opcodes; 6 is an alias of SHL. */
    public static final int ROL = 0;

    public static final int ROR = 1;
    public static final int RCL = 2;
    public static final int RCR = 3;
    public static final int SHL = 4;
    public static final int SHR = 5;
    public static final int SAL = 6;
    public static final int SAR = 7;

    private Shift() {}

    public static long shl64(CpuState s, long a, int count) {
        long r = a << count;
        boolean carry = (a >>> 64 - count & 1) != 0;
        Flags.result(s, r, carry, r < 0 != carry);
        return r;
    }

    public static int shl32(CpuState s, int a, int count) {
        int r = a << count;
        boolean carry = (a >>> 32 - count & 1) != 0;
        Flags.result(s, r, carry, r < 0 != carry);
        return r;
    }

    public static long shr64(CpuState s, long a, int count) {
        long r = a >>> count;
        Flags.result(s, r, (a >>> count - 1 & 1) != 0, (r ^ r << 1) < 0);
        return r;
    }

    public static int shr32(CpuState s, int a, int count) {
        int r = a >>> count;
        Flags.result(s, r, (a >>> count - 1 & 1) != 0, (r ^ r << 1) < 0);
        return r;
    }

    public static long sar64(CpuState s, long a, int count) {
        long r = a >> count;
        Flags.result(s, r, (a >> count - 1 & 1) != 0, false);
        return r;
    }

    public static int sar32(CpuState s, int a, int count) {
        int r = a >> count;
        Flags.result(s, r, (a >> count - 1 & 1) != 0, false);
        return r;
    }

    /**
     * Any operation of the group.
     *
     * @param count not yet masked
     * @return the result; bits above the size are arbitrary
     */
    public static long op(CpuState s, int op, int size, long a, int count) {
        int c = count & (size == 8 ? 63 : 31);
        if (c == 0) {
            return a;
        }
        int bits = size * 8;
        long mask = -1L >>> 64 - bits;
        switch (op) {
            case ROL:
                return rol(s, a & mask, c, bits, mask);
            case ROR:
                return ror(s, a & mask, c, bits, mask);
            case RCL:
                return rcl(s, a & mask, c, bits, mask);
            case RCR:
                return rcr(s, a & mask, c, bits, mask);
            case SHR:
                return shr(s, a & mask, c, bits);
            case SAR:
                return sar(s, a << 64 - bits >> 64 - bits, c);
            default:
                return shl(s, a & mask, c, bits);
        }
    }

    private static long shl(CpuState s, long a, int c, int bits) {
        // For narrow operands the count may exceed the width: everything is shifted out.
        boolean carry = c <= bits && (a >>> bits - c & 1) != 0;
        long r = a << c << 64 - bits >> 64 - bits;
        Flags.result(s, r, carry, r < 0 != carry);
        return r;
    }

    private static long shr(CpuState s, long a, int c, int bits) {
        long r = a >>> c;
        long top = r << 64 - bits;
        Flags.result(s, top >> 64 - bits, (a >>> c - 1 & 1) != 0, (top ^ top << 1) < 0);
        return r;
    }

    private static long sar(CpuState s, long a, int c) {
        long r = a >> c;
        Flags.result(s, r, (a >> c - 1 & 1) != 0, false);
        return r;
    }

    private static long rol(CpuState s, long a, int c, int bits, long mask) {
        int n = c & bits - 1;
        long r = n == 0 ? a : (a << n | a >>> bits - n) & mask;
        boolean carry = (r & 1) != 0;
        Flags.setCarryOverflow(s, carry, (r >>> bits - 1 & 1) != 0 != carry);
        return r;
    }

    private static long ror(CpuState s, long a, int c, int bits, long mask) {
        int n = c & bits - 1;
        long r = n == 0 ? a : (a >>> n | a << bits - n) & mask;
        long top = r >>> bits - 2;
        Flags.setCarryOverflow(s, (top & 2) != 0, (top >> 1 ^ top & 1) != 0);
        return r;
    }

    private static long rcl(CpuState s, long a, int c, int bits, long mask) {
        int n = c % (bits + 1);
        boolean carry = Flags.carry(s);
        long r = a;
        for (int i = 0; i < n; i++) {
            boolean out = (r >>> bits - 1 & 1) != 0;
            r = (r << 1 | (carry ? 1 : 0)) & mask;
            carry = out;
        }
        Flags.setCarryOverflow(s, carry, (r >>> bits - 1 & 1) != 0 != carry);
        return r;
    }

    private static long rcr(CpuState s, long a, int c, int bits, long mask) {
        int n = c % (bits + 1);
        boolean carry = Flags.carry(s);
        long r = a;
        for (int i = 0; i < n; i++) {
            boolean out = (r & 1) != 0;
            r = (r >>> 1 | (carry ? 1L << bits - 1 : 0)) & mask;
            carry = out;
        }
        long top = r >>> bits - 2;
        Flags.setCarryOverflow(s, carry, (top >> 1 ^ top & 1) != 0);
        return r;
    }

    /** SHLD of 16, 32 or 64-bit operands. */
    public static long shld(CpuState s, int size, long dst, long src, int count) {
        int c = count & (size == 8 ? 63 : 31);
        if (c == 0) {
            return dst;
        }
        int bits = size * 8;
        long r;
        boolean carry;
        if (size == 8) {
            r = dst << c | src >>> 64 - c;
            carry = (dst >>> 64 - c & 1) != 0;
        } else {
            // A count above 16 of a 16-bit operand is undefined; processors shift the operand in again.
            long lower = size == 2 ? (src & 0xffff) << 16 | dst & 0xffff : src & 0xffff_ffffL;
            long wide = size == 2 ? (dst & 0xffff) << 32 | lower : (dst & 0xffff_ffffL) << 32 | lower;
            int width = size == 2 ? 48 : 64;
            carry = (wide >>> width - c & 1) != 0;
            r = wide << c >>> width - bits;
        }
        long signed = r << 64 - bits >> 64 - bits;
        Flags.result(s, signed, carry, ((dst ^ r) >>> bits - 1 & 1) != 0);
        return r;
    }

    /** SHRD of 16, 32 or 64-bit operands. */
    public static long shrd(CpuState s, int size, long dst, long src, int count) {
        int c = count & (size == 8 ? 63 : 31);
        if (c == 0) {
            return dst;
        }
        int bits = size * 8;
        long r;
        boolean carry;
        if (size == 8) {
            r = dst >>> c | src << 64 - c;
            carry = (dst >>> c - 1 & 1) != 0;
        } else {
            long low = dst & (size == 2 ? 0xffffL : 0xffff_ffffL);
            long wide = size == 2 ? low << 32 | (src & 0xffff) << 16 | low : src << 32 | low;
            carry = (wide >>> c - 1 & 1) != 0;
            r = wide >>> c;
        }
        long signed = r << 64 - bits >> 64 - bits;
        Flags.result(s, signed, carry, ((dst ^ r) >>> bits - 1 & 1) != 0);
        return r;
    }
}
