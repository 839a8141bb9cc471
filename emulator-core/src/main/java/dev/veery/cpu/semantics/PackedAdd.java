package dev.veery.cpu.semantics;

/**
 * Packed addition, subtraction, averages, absolute values and signs on 64 bits at a time (SDM vol. 2: PADD*, PSUB*, PAVG*,
 * PABS*, PSIGN*, PHADD*, PHSUB*). A lane's carry is kept out of its neighbour by adding without the lanes' top bits, which
 * are restored with an exclusive or.
 */
public final class PackedAdd {
    /** Top bit of every byte, word and doubleword. */
    static final long TOP_B = 0x8080808080808080L;

    static final long TOP_W = 0x8000800080008000L;
    static final long TOP_D = 0x8000000080000000L;

    private static final long EVEN_W = 0x0000ffff0000ffffL;

    private PackedAdd() {}

    private static long add(long a, long b, long top) {
        return ((a & ~top) + (b & ~top)) ^ ((a ^ b) & top);
    }

    static long sub(long a, long b, long top) {
        return ((a | top) - (b & ~top)) ^ (~(a ^ b) & top);
    }

    /** Widens top bits of bytes to whole bytes. */
    static long fillB(long bits) {
        return ((bits & TOP_B) >>> 7) * 0xff;
    }

    /** Widens top bits of words to whole words. */
    static long fillW(long bits) {
        return ((bits & TOP_W) >>> 15) * 0xffff;
    }

    /** Widens top bits of doublewords to whole doublewords. */
    static long fillD(long bits) {
        return ((bits & TOP_D) >>> 31) * 0xffff_ffffL;
    }

    public static long paddb(long a, long b) {
        return add(a, b, TOP_B);
    }

    public static long paddw(long a, long b) {
        return add(a, b, TOP_W);
    }

    public static long paddd(long a, long b) {
        return add(a, b, TOP_D);
    }

    public static long psubb(long a, long b) {
        return sub(a, b, TOP_B);
    }

    public static long psubw(long a, long b) {
        return sub(a, b, TOP_W);
    }

    public static long psubd(long a, long b) {
        return sub(a, b, TOP_D);
    }

    public static long paddusb(long a, long b) {
        long r = paddb(a, b);
        return r | fillB((a & b) | ((a | b) & ~r));
    }

    public static long paddusw(long a, long b) {
        long r = paddw(a, b);
        return r | fillW((a & b) | ((a | b) & ~r));
    }

    public static long psubusb(long a, long b) {
        long r = psubb(a, b);
        return r & ~fillB((~a & b) | (~(a ^ b) & r));
    }

    public static long psubusw(long a, long b) {
        long r = psubw(a, b);
        return r & ~fillW((~a & b) | (~(a ^ b) & r));
    }

    public static long paddsb(long a, long b) {
        long r = paddb(a, b);
        return saturateB(a, r, fillB(~(a ^ b) & (a ^ r)));
    }

    public static long paddsw(long a, long b) {
        long r = paddw(a, b);
        return saturateW(a, r, fillW(~(a ^ b) & (a ^ r)));
    }

    public static long psubsb(long a, long b) {
        long r = psubb(a, b);
        return saturateB(a, r, fillB((a ^ b) & (a ^ r)));
    }

    public static long psubsw(long a, long b) {
        long r = psubw(a, b);
        return saturateW(a, r, fillW((a ^ b) & (a ^ r)));
    }

    /** Where a lane overflowed, the first operand's sign says to which end. */
    private static long saturateB(long a, long r, long overflow) {
        long end = ~TOP_B + ((a & TOP_B) >>> 7);
        return (r & ~overflow) | (end & overflow);
    }

    private static long saturateW(long a, long r, long overflow) {
        long end = ~TOP_W + ((a & TOP_W) >>> 15);
        return (r & ~overflow) | (end & overflow);
    }

    /** Rounds half up: (a | b) - (a ^ b) / 2. */
    public static long pavgb(long a, long b) {
        return (a | b) - (((a ^ b) & 0xfefefefefefefefeL) >>> 1);
    }

    public static long pavgw(long a, long b) {
        return (a | b) - (((a ^ b) & 0xfffefffefffefffeL) >>> 1);
    }

    public static long pabsb(long b) {
        long m = fillB(b);
        return psubb(b ^ m, m);
    }

    public static long pabsw(long b) {
        long m = fillW(b);
        return psubw(b ^ m, m);
    }

    public static long pabsd(long b) {
        long m = fillD(b);
        return psubd(b ^ m, m);
    }

    public static long psignb(long a, long b) {
        long m = fillB(b);
        return psubb(a ^ m, m) & ~PackedCompare.pcmpeqb(b, 0);
    }

    public static long psignw(long a, long b) {
        long m = fillW(b);
        return psubw(a ^ m, m) & ~PackedCompare.pcmpeqw(b, 0);
    }

    public static long psignd(long a, long b) {
        long m = fillD(b);
        return psubd(a ^ m, m) & ~PackedCompare.pcmpeqd(b, 0);
    }

    /** Sums of neighbouring words of {@code a}, then of {@code b}. */
    public static long phaddw(long a, long b) {
        return paddw(evenWords(a, b), oddWords(a, b));
    }

    public static long phaddsw(long a, long b) {
        return paddsw(evenWords(a, b), oddWords(a, b));
    }

    public static long phsubw(long a, long b) {
        return psubw(evenWords(a, b), oddWords(a, b));
    }

    public static long phsubsw(long a, long b) {
        return psubsw(evenWords(a, b), oddWords(a, b));
    }

    public static long phaddd(long a, long b) {
        return paddd(PackedShuffle.punpckldq(a, b), PackedShuffle.punpckhdq(a, b));
    }

    public static long phsubd(long a, long b) {
        return psubd(PackedShuffle.punpckldq(a, b), PackedShuffle.punpckhdq(a, b));
    }

    /** Words 0 and 2 of {@code a} below words 0 and 2 of {@code b}. */
    private static long evenWords(long a, long b) {
        return squeeze(a & EVEN_W) | squeeze(b & EVEN_W) << 32;
    }

    private static long oddWords(long a, long b) {
        return squeeze((a >>> 16) & EVEN_W) | squeeze((b >>> 16) & EVEN_W) << 32;
    }

    private static long squeeze(long x) {
        return (x | x >>> 16) & 0xffff_ffffL;
    }
}
