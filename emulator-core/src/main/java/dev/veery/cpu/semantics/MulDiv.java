package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/**
 * Multiplication and division by AL, AX, EAX or RAX (SDM vol. 2: MUL, IMUL, DIV, IDIV) and the decimal adjustments. After a
 * multiplication SF, ZF and PF are undefined by the manual; they follow the low half of the product.
 */
public final class MulDiv {
    private static final int RAX = CpuState.GPR;
    private static final int RDX = CpuState.GPR + 8 * CpuState.RDX;

    private MulDiv() {}

    /** MUL of 1, 2, 4 or 8 bytes. */
    public static void mul(CpuState s, int size, long b) {
        long base = s.base;
        switch (size) {
            case 1: {
                int r = (OffHeap.getByte(base + RAX) & 0xff) * ((int) b & 0xff);
                OffHeap.putShort(base + RAX, r);
                boolean high = r >>> 8 != 0;
                Flags.result(s, (byte) r, high, high);
                break;
            }
            case 2: {
                int r = OffHeap.getChar(base + RAX) * ((int) b & 0xffff);
                OffHeap.putShort(base + RAX, r);
                OffHeap.putShort(base + RDX, r >>> 16);
                boolean high = r >>> 16 != 0;
                Flags.result(s, (short) r, high, high);
                break;
            }
            case 4: {
                long r = (OffHeap.getInt(base + RAX) & 0xffff_ffffL) * (b & 0xffff_ffffL);
                OffHeap.putLong(base + RAX, r & 0xffff_ffffL);
                OffHeap.putLong(base + RDX, r >>> 32);
                boolean high = r >>> 32 != 0;
                Flags.result(s, (int) r, high, high);
                break;
            }
            default: {
                long a = OffHeap.getLong(base + RAX);
                long high = unsignedHigh(a, b);
                OffHeap.putLong(base + RAX, a * b);
                OffHeap.putLong(base + RDX, high);
                Flags.result(s, a * b, high != 0, high != 0);
                break;
            }
        }
    }

    private static long unsignedHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }

    /** One-operand IMUL. */
    public static void imul(CpuState s, int size, long b) {
        long base = s.base;
        switch (size) {
            case 1: {
                int r = OffHeap.getByte(base + RAX) * (byte) b;
                OffHeap.putShort(base + RAX, r);
                boolean lost = r != (byte) r;
                Flags.result(s, (byte) r, lost, lost);
                break;
            }
            case 2: {
                int r = OffHeap.getShort(base + RAX) * (short) b;
                OffHeap.putShort(base + RAX, r);
                OffHeap.putShort(base + RDX, r >>> 16);
                boolean lost = r != (short) r;
                Flags.result(s, (short) r, lost, lost);
                break;
            }
            case 4: {
                long r = (long) OffHeap.getInt(base + RAX) * (int) b;
                OffHeap.putLong(base + RAX, r & 0xffff_ffffL);
                OffHeap.putLong(base + RDX, r >>> 32);
                boolean lost = r != (int) r;
                Flags.result(s, (int) r, lost, lost);
                break;
            }
            default: {
                long a = OffHeap.getLong(base + RAX);
                long r = a * b;
                long high = Math.multiplyHigh(a, b);
                OffHeap.putLong(base + RAX, r);
                OffHeap.putLong(base + RDX, high);
                boolean lost = high != r >> 63;
                Flags.result(s, r, lost, lost);
                break;
            }
        }
    }

    /** Two- and three-operand IMUL of 2, 4 or 8 bytes; bits of the result above the size are arbitrary. */
    public static long imul2(CpuState s, int size, long a, long b) {
        if (size == 8) {
            long r = a * b;
            boolean lost = Math.multiplyHigh(a, b) != r >> 63;
            Flags.result(s, r, lost, lost);
            return r;
        }
        long r = size == 4 ? (long) (int) a * (int) b : (long) (short) a * (short) b;
        long cut = size == 4 ? (int) r : (short) r;
        Flags.result(s, cut, cut != r, cut != r);
        return r;
    }

    private static RuntimeException divideError(CpuState s) {
        return s.raise(Vector.DE, 0);
    }

    /** DIV. Flags are undefined by the manual and stay. */
    public static void div(CpuState s, int size, long divisor) {
        long base = s.base;
        if (size == 8) {
            div128(s, divisor);
            return;
        }
        long d = divisor & -1L >>> 64 - 8 * size;
        if (d == 0) {
            throw divideError(s);
        }
        switch (size) {
            case 1: {
                int a = OffHeap.getChar(base + RAX);
                int q = a / (int) d;
                if (q > 0xff) {
                    throw divideError(s);
                }
                OffHeap.putByte(base + RAX, q);
                OffHeap.putByte(base + RAX + 1, a % (int) d);
                break;
            }
            case 2: {
                long a = OffHeap.getChar(base + RAX) | (long) OffHeap.getChar(base + RDX) << 16;
                long q = a / d;
                if (q > 0xffff) {
                    throw divideError(s);
                }
                OffHeap.putShort(base + RAX, (int) q);
                OffHeap.putShort(base + RDX, (int) (a % d));
                break;
            }
            default: {
                long a = OffHeap.getInt(base + RAX) & 0xffff_ffffL | (long) OffHeap.getInt(base + RDX) << 32;
                long q = Long.divideUnsigned(a, d);
                if (q >>> 32 != 0) {
                    throw divideError(s);
                }
                OffHeap.putLong(base + RAX, q);
                OffHeap.putLong(base + RDX, a - q * d);
                break;
            }
        }
    }

    private static void div128(CpuState s, long d) {
        long low = OffHeap.getLong(s.base + RAX);
        long high = OffHeap.getLong(s.base + RDX);
        if (Long.compareUnsigned(high, d) >= 0) {
            throw divideError(s);
        }
        if (high == 0) {
            OffHeap.putLong(s.base + RAX, Long.divideUnsigned(low, d));
            OffHeap.putLong(s.base + RDX, Long.remainderUnsigned(low, d));
            return;
        }
        long q = quotient(high, low, d);
        OffHeap.putLong(s.base + RAX, q);
        OffHeap.putLong(s.base + RDX, low - q * d);
    }

    /** The quotient of a 128-bit dividend whose high half is below the divisor: schoolbook division by 32-bit digits. */
    private static long quotient(long high, long low, long d) {
        int shift = Long.numberOfLeadingZeros(d);
        long v = d << shift;
        long u32 = shift == 0 ? high : high << shift | low >>> 64 - shift;
        long u10 = low << shift;
        long q1 = digit(u32, u10 >>> 32, v);
        long rest = (u32 << 32 | u10 >>> 32) - q1 * v;
        long q0 = digit(rest, u10 & 0xffff_ffffL, v);
        return q1 << 32 | q0;
    }

    /** One 32-bit digit of {@code (u : next) / v} with v normalised and u below v. */
    private static long digit(long u, long next, long v) {
        long v1 = v >>> 32;
        long v0 = v & 0xffff_ffffL;
        long q = Long.divideUnsigned(u, v1);
        long r = u - q * v1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * v0, r << 32 | next) > 0) {
            q--;
            r += v1;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** IDIV. */
    public static void idiv(CpuState s, int size, long divisor) {
        long base = s.base;
        switch (size) {
            case 1: {
                int d = (byte) divisor;
                int a = OffHeap.getShort(base + RAX);
                if (d == 0 || a / d != (byte) (a / d)) {
                    throw divideError(s);
                }
                OffHeap.putByte(base + RAX, a / d);
                OffHeap.putByte(base + RAX + 1, a % d);
                break;
            }
            case 2: {
                long d = (short) divisor;
                long a = (int) (OffHeap.getChar(base + RAX) | OffHeap.getChar(base + RDX) << 16);
                if (d == 0 || a / d != (short) (a / d)) {
                    throw divideError(s);
                }
                OffHeap.putShort(base + RAX, (int) (a / d));
                OffHeap.putShort(base + RDX, (int) (a % d));
                break;
            }
            case 4: {
                long d = (int) divisor;
                long a = OffHeap.getInt(base + RAX) & 0xffff_ffffL | (long) OffHeap.getInt(base + RDX) << 32;
                // Long.MIN_VALUE / -1 wraps to itself, which does not fit 32 bits either.
                if (d == 0 || a / d != (int) (a / d)) {
                    throw divideError(s);
                }
                OffHeap.putLong(base + RAX, a / d & 0xffff_ffffL);
                OffHeap.putLong(base + RDX, a % d & 0xffff_ffffL);
                break;
            }
            default:
                idiv128(s, divisor);
                break;
        }
    }

    private static void idiv128(CpuState s, long d) {
        long low = OffHeap.getLong(s.base + RAX);
        long high = OffHeap.getLong(s.base + RDX);
        boolean negative = high < 0;
        if (negative) {
            low = -low;
            high = ~high + (low == 0 ? 1 : 0);
        }
        long magnitude = Math.abs(d);
        if (Long.compareUnsigned(high, magnitude) >= 0) {
            throw divideError(s);
        }
        long q = high == 0 ? Long.divideUnsigned(low, magnitude) : quotient(high, low, magnitude);
        long r = low - q * magnitude;
        boolean negativeQuotient = negative != d < 0;
        if (negativeQuotient ? Long.compareUnsigned(q, Long.MIN_VALUE) > 0 : q < 0) {
            throw divideError(s);
        }
        OffHeap.putLong(s.base + RAX, negativeQuotient ? -q : q);
        OffHeap.putLong(s.base + RDX, negative ? -r : r);
    }
}
