package dev.veery.cpu.semantics;

import dev.veery.memory.access.OffHeap;

/**
 * Integer and move operations on whole XMM registers that do not treat the two halves alike, by number. Operands are host
 * addresses; the source may be the destination.
 */
public final class PackedWide {
    public static final int PUNPCKLQDQ = 0;
    public static final int PUNPCKHQDQ = 1;
    public static final int PSHUFB = 2;
    public static final int PSHUFD = 3;
    public static final int PSHUFHW = 4;
    public static final int PSHUFLW = 5;
    public static final int SHUFPS = 6;
    public static final int SHUFPD = 7;
    public static final int PALIGNR = 8;
    public static final int PSLLDQ = 9;
    public static final int PSRLDQ = 10;
    public static final int PBLENDVB = 11;
    public static final int BLENDVPS = 12;
    public static final int BLENDVPD = 13;
    public static final int BLENDPS = 14;
    public static final int BLENDPD = 15;
    public static final int PBLENDW = 16;
    public static final int PHMINPOSUW = 17;
    public static final int MPSADBW = 18;
    public static final int MOVDDUP = 19;
    public static final int MOVSLDUP = 20;
    public static final int MOVSHDUP = 21;
    public static final int INSERTPS = 22;
    public static final int PMOVSXBW = 23;
    public static final int PMOVSXBD = 24;
    public static final int PMOVSXBQ = 25;
    public static final int PMOVSXWD = 26;
    public static final int PMOVSXWQ = 27;
    public static final int PMOVSXDQ = 28;
    public static final int PMOVZXBW = 29;
    public static final int PMOVZXBD = 30;
    public static final int PMOVZXBQ = 31;
    public static final int PMOVZXWD = 32;
    public static final int PMOVZXWQ = 33;
    public static final int PMOVZXDQ = 34;

    private PackedWide() {}

    private static void put(long dst, long low, long high) {
        OffHeap.putLong(dst, low);
        OffHeap.putLong(dst + 8, high);
    }

    /**
     * Operation {@code op}.
     *
     * @param imm the immediate byte; for PSLLDQ and PSRLDQ the count
     * @param xmm0 address of XMM0, the mask of the variable blends
     */
    public static void apply(int op, long dst, long src, int imm, long xmm0) {
        if (op >= PMOVSXBW) {
            extend(op, dst, OffHeap.getLong(src));
        } else if (op >= PBLENDVB && op <= PBLENDW) {
            blend(op, dst, src, imm, xmm0);
        } else {
            shuffle(op, dst, src, imm);
        }
    }

    private static void shuffle(int op, long dst, long src, int imm) {
        long al = OffHeap.getLong(dst);
        long ah = OffHeap.getLong(dst + 8);
        long bl = OffHeap.getLong(src);
        long bh = OffHeap.getLong(src + 8);
        switch (op) {
            case PUNPCKLQDQ:
                OffHeap.putLong(dst + 8, bl);
                break;
            case PUNPCKHQDQ:
                put(dst, ah, bh);
                break;
            case PSHUFB:
                put(dst, PackedShuffle.pshufb(al, ah, bl), PackedShuffle.pshufb(al, ah, bh));
                break;
            case PSHUFD:
                put(dst, PackedShuffle.pickD(bl, bh, imm), PackedShuffle.pickD(bl, bh, imm >>> 4));
                break;
            case PSHUFHW:
                put(dst, bl, PackedShuffle.pshufw(bh, imm));
                break;
            case PSHUFLW:
                put(dst, PackedShuffle.pshufw(bl, imm), bh);
                break;
            case SHUFPS:
                put(dst, PackedShuffle.pickD(al, ah, imm), PackedShuffle.pickD(bl, bh, imm >>> 4));
                break;
            case SHUFPD:
                put(dst, (imm & 1) == 0 ? al : ah, (imm & 2) == 0 ? bl : bh);
                break;
            case PALIGNR:
                alignRight(dst, al, ah, bl, bh, imm);
                break;
            case PSLLDQ:
                shiftLeftBytes(dst, al, ah, imm);
                break;
            case PSRLDQ:
                put(dst, PackedShift.window(al, ah, imm), imm < 8 ? ah >>> 8 * imm : 0);
                break;
            case PHMINPOSUW:
                put(dst, PackedCompare.phminposuw(bl, bh), 0);
                break;
            case MPSADBW:
                sumsOfDifferences(dst, al, ah, (imm & 2) == 0 ? bl : bh, imm);
                break;
            case MOVDDUP:
                put(dst, bl, bl);
                break;
            case MOVSLDUP:
                put(dst, PackedShuffle.punpckldq(bl, bl), PackedShuffle.punpckldq(bh, bh));
                break;
            case MOVSHDUP:
                put(dst, PackedShuffle.punpckhdq(bl, bl), PackedShuffle.punpckhdq(bh, bh));
                break;
            default:
                insert(dst, src, imm);
                break;
        }
    }

    private static void alignRight(long dst, long al, long ah, long bl, long bh, int count) {
        if (count < 8) {
            put(dst, PackedShift.window(bl, bh, count), PackedShift.window(bh, al, count));
        } else if (count < 16) {
            put(dst, PackedShift.window(bh, al, count - 8), PackedShift.window(al, ah, count - 8));
        } else {
            put(dst, PackedShift.window(al, ah, count - 16), count < 24 ? ah >>> 8 * (count - 16) : 0);
        }
    }

    private static void shiftLeftBytes(long dst, long al, long ah, int count) {
        if (count == 0) {
            return;
        }
        if (count < 8) {
            put(dst, al << 8 * count, ah << 8 * count | al >>> 64 - 8 * count);
        } else {
            put(dst, 0, count < 16 ? al << 8 * (count - 8) : 0);
        }
    }

    private static void sumsOfDifferences(long dst, long al, long ah, long half, int imm) {
        int block = (int) (half >>> 32 * (imm & 1));
        int start = imm & 4;
        long low = PackedShift.window(al, ah, start);
        long high = PackedShift.window(al, ah, start + 4);
        put(dst, PackedMultiply.mpsadbw(low, block), PackedMultiply.mpsadbw(high, block));
    }

    /** INSERTPS; for a memory operand bits 6 and 7 of the immediate count as 0, which the caller sees to. */
    private static void insert(long dst, long src, int imm) {
        int value = OffHeap.getInt(src + (imm >>> 6 & 3) * 4);
        OffHeap.putInt(dst + (imm >>> 4 & 3) * 4, value);
        for (int n = 0; n < 4; n++) {
            if ((imm >>> n & 1) != 0) {
                OffHeap.putInt(dst + n * 4, 0);
            }
        }
    }

    private static void blend(int op, long dst, long src, int imm, long xmm0) {
        long maskLow;
        long maskHigh;
        switch (op) {
            case PBLENDVB:
                maskLow = PackedAdd.fillB(OffHeap.getLong(xmm0));
                maskHigh = PackedAdd.fillB(OffHeap.getLong(xmm0 + 8));
                break;
            case BLENDVPS:
                maskLow = PackedAdd.fillD(OffHeap.getLong(xmm0));
                maskHigh = PackedAdd.fillD(OffHeap.getLong(xmm0 + 8));
                break;
            case BLENDVPD:
                maskLow = OffHeap.getLong(xmm0) >> 63;
                maskHigh = OffHeap.getLong(xmm0 + 8) >> 63;
                break;
            case BLENDPS:
                maskLow = doublewords(imm);
                maskHigh = doublewords(imm >>> 2);
                break;
            case BLENDPD:
                maskLow = -(imm & 1);
                maskHigh = -(imm >>> 1 & 1);
                break;
            default:
                maskLow = words(imm);
                maskHigh = words(imm >>> 4);
                break;
        }
        put(
                dst,
                OffHeap.getLong(src) & maskLow | OffHeap.getLong(dst) & ~maskLow,
                OffHeap.getLong(src + 8) & maskHigh | OffHeap.getLong(dst + 8) & ~maskHigh);
    }

    /** Two bits to two doublewords of ones. */
    private static long doublewords(int bits) {
        return PackedAdd.fillD((bits & 1L) << 31 | (bits & 2L) << 62);
    }

    /** Four bits to four words of ones. */
    private static long words(int bits) {
        return PackedAdd.fillW((bits & 1L) << 15 | (bits & 2L) << 30 | (bits & 4L) << 45 | (bits & 8L) << 60);
    }

    private static void extend(int op, long dst, long x) {
        switch (op) {
            case PMOVSXBW:
                put(dst, PackedShuffle.pmovsxbw(x), PackedShuffle.pmovsxbw(x >>> 32));
                break;
            case PMOVSXBD:
                put(dst, PackedShuffle.pmovsxbd(x), PackedShuffle.pmovsxbd(x >>> 16));
                break;
            case PMOVSXBQ:
                put(dst, (byte) x, (byte) (x >>> 8));
                break;
            case PMOVSXWD:
                put(dst, PackedShuffle.pmovsxwd(x), PackedShuffle.pmovsxwd(x >>> 32));
                break;
            case PMOVSXWQ:
                put(dst, (short) x, (short) (x >>> 16));
                break;
            case PMOVSXDQ:
                put(dst, (int) x, (int) (x >>> 32));
                break;
            case PMOVZXBW:
                put(dst, PackedShuffle.pmovzxbw(x), PackedShuffle.pmovzxbw(x >>> 32));
                break;
            case PMOVZXBD:
                put(dst, PackedShuffle.pmovzxbd(x), PackedShuffle.pmovzxbd(x >>> 16));
                break;
            case PMOVZXBQ:
                put(dst, x & 0xff, x >>> 8 & 0xff);
                break;
            case PMOVZXWD:
                put(dst, PackedShuffle.pmovzxwd(x), PackedShuffle.pmovzxwd(x >>> 32));
                break;
            case PMOVZXWQ:
                put(dst, x & 0xffff, x >>> 16 & 0xffff);
                break;
            default:
                put(dst, x & 0xffff_ffffL, x >>> 32);
                break;
        }
    }
}
