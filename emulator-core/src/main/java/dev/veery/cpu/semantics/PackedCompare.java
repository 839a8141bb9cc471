package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.PackedAdd.TOP_B;
import static dev.veery.cpu.semantics.PackedAdd.TOP_D;
import static dev.veery.cpu.semantics.PackedAdd.TOP_W;
import static dev.veery.cpu.semantics.PackedAdd.fillB;
import static dev.veery.cpu.semantics.PackedAdd.fillD;
import static dev.veery.cpu.semantics.PackedAdd.fillW;

import dev.veery.base.Unsigned;

/** Packed comparisons, minima and maxima on 64 bits at a time (SDM vol. 2: PCMPEQ*, PCMPGT*, PMIN*, PMAX*). */
public final class PackedCompare {
    private PackedCompare() {}

    /** Top bits of the lanes of {@code x} that are not zero; {@code top} gives the lanes. */
    private static long nonZero(long x, long top) {
        return ((x & ~top) + ~top) | x;
    }

    /** Top bits of the lanes where {@code a < b}, signed; other bits are noise. */
    private static long less(long a, long b, long top) {
        return (a & ~b) | (~(a ^ b) & PackedAdd.sub(a, b, top));
    }

    /** As {@link #less}, unsigned. */
    private static long below(long a, long b, long top) {
        return (~a & b) | (~(a ^ b) & PackedAdd.sub(a, b, top));
    }

    private static long select(long mask, long a, long b) {
        return (a & mask) | (b & ~mask);
    }

    public static long pcmpeqb(long a, long b) {
        return fillB(~nonZero(a ^ b, TOP_B));
    }

    public static long pcmpeqw(long a, long b) {
        return fillW(~nonZero(a ^ b, TOP_W));
    }

    public static long pcmpeqd(long a, long b) {
        return fillD(~nonZero(a ^ b, TOP_D));
    }

    public static long pcmpeqq(long a, long b) {
        return a == b ? -1 : 0;
    }

    public static long pcmpgtb(long a, long b) {
        return fillB(less(b, a, TOP_B));
    }

    public static long pcmpgtw(long a, long b) {
        return fillW(less(b, a, TOP_W));
    }

    public static long pcmpgtd(long a, long b) {
        return fillD(less(b, a, TOP_D));
    }

    public static long pcmpgtq(long a, long b) {
        return a > b ? -1 : 0;
    }

    public static long pminub(long a, long b) {
        return select(fillB(below(a, b, TOP_B)), a, b);
    }

    public static long pmaxub(long a, long b) {
        return select(fillB(below(a, b, TOP_B)), b, a);
    }

    public static long pminsb(long a, long b) {
        return select(fillB(less(a, b, TOP_B)), a, b);
    }

    public static long pmaxsb(long a, long b) {
        return select(fillB(less(a, b, TOP_B)), b, a);
    }

    public static long pminuw(long a, long b) {
        return select(fillW(below(a, b, TOP_W)), a, b);
    }

    public static long pmaxuw(long a, long b) {
        return select(fillW(below(a, b, TOP_W)), b, a);
    }

    public static long pminsw(long a, long b) {
        return select(fillW(less(a, b, TOP_W)), a, b);
    }

    public static long pmaxsw(long a, long b) {
        return select(fillW(less(a, b, TOP_W)), b, a);
    }

    public static long pminud(long a, long b) {
        return select(fillD(below(a, b, TOP_D)), a, b);
    }

    public static long pmaxud(long a, long b) {
        return select(fillD(below(a, b, TOP_D)), b, a);
    }

    public static long pminsd(long a, long b) {
        return select(fillD(less(a, b, TOP_D)), a, b);
    }

    public static long pmaxsd(long a, long b) {
        return select(fillD(less(a, b, TOP_D)), b, a);
    }

    /** PMOVMSKB of eight bytes: the top bits, first byte's lowest. */
    public static int byteSigns(long a) {
        // Each of the eight bits lands in the top byte at its own place; no two partial products meet.
        return (int) (((a & TOP_B) >>> 7) * 0x0102040810204080L >>> 56);
    }

    /** PHMINPOSUW: the smallest of the eight unsigned words in bits 0 to 15, its first index in bits 16 to 18. */
    public static long phminposuw(long low, long high) {
        long best = low & 0xffff;
        int index = 0;
        for (int n = 1; n < 8; n++) {
            long w = (n < 4 ? low : high) >>> (16 * (n & 3)) & 0xffff;
            if (Unsigned.lt(w, best)) {
                best = w;
                index = n;
            }
        }
        return best | (long) index << 16;
    }
}
