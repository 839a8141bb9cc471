package dev.veery.cpu.semantics;

/** Interleaving, narrowing and shuffling of 64 bits (SDM vol. 2: PUNPCK*, PACK*, PSHUF*). */
public final class PackedShuffle {
    private static final long EVEN_B = 0x00ff00ff00ff00ffL;
    private static final long EVEN_W = 0x0000ffff0000ffffL;

    private PackedShuffle() {}

    /** The four bytes of the low half, each in a word of its own. */
    private static long spreadB(long x) {
        long w = spreadW(x);
        return (w | w << 8) & EVEN_B;
    }

    /** The two words of the low half, each in a doubleword of its own. */
    private static long spreadW(long x) {
        long d = x & 0xffff_ffffL;
        return (d | d << 16) & EVEN_W;
    }

    public static long punpcklbw(long a, long b) {
        return spreadB(a) | spreadB(b) << 8;
    }

    public static long punpckhbw(long a, long b) {
        return spreadB(a >>> 32) | spreadB(b >>> 32) << 8;
    }

    public static long punpcklwd(long a, long b) {
        return spreadW(a) | spreadW(b) << 16;
    }

    public static long punpckhwd(long a, long b) {
        return spreadW(a >>> 32) | spreadW(b >>> 32) << 16;
    }

    public static long punpckldq(long a, long b) {
        return a & 0xffff_ffffL | b << 32;
    }

    public static long punpckhdq(long a, long b) {
        return a >>> 32 | b & 0xffff_ffff_0000_0000L;
    }

    /** Words to bytes, signed saturation. */
    public static long packsswb(long a, long b) {
        return narrowSigned(a) | narrowSigned(b) << 32;
    }

    private static long narrowSigned(long x) {
        long r = 0;
        for (int n = 0; n < 4; n++) {
            int w = (short) (x >>> 16 * n);
            r |= (Math.max(Math.min(w, 0x7f), -0x80) & 0xffL) << 8 * n;
        }
        return r;
    }

    /** Signed words to bytes, unsigned saturation. */
    public static long packuswb(long a, long b) {
        return narrowUnsigned(a) | narrowUnsigned(b) << 32;
    }

    private static long narrowUnsigned(long x) {
        long r = 0;
        for (int n = 0; n < 4; n++) {
            int w = (short) (x >>> 16 * n);
            r |= (long) Math.max(Math.min(w, 0xff), 0) << 8 * n;
        }
        return r;
    }

    /** Doublewords to words, signed saturation. */
    public static long packssdw(long a, long b) {
        return signedWord((int) a)
                | signedWord((int) (a >>> 32)) << 16
                | signedWord((int) b) << 32
                | signedWord((int) (b >>> 32)) << 48;
    }

    private static long signedWord(int d) {
        return Math.max(Math.min(d, 0x7fff), -0x8000) & 0xffffL;
    }

    /** Signed doublewords to words, unsigned saturation. */
    public static long packusdw(long a, long b) {
        return unsignedWord((int) a)
                | unsignedWord((int) (a >>> 32)) << 16
                | unsignedWord((int) b) << 32
                | unsignedWord((int) (b >>> 32)) << 48;
    }

    private static long unsignedWord(int d) {
        return Math.max(Math.min(d, 0xffff), 0);
    }

    /** PSHUFB on eight bytes. */
    public static long pshufb(long a, long control) {
        long r = 0;
        for (int n = 0; n < 64; n += 8) {
            int c = (int) (control >>> n);
            if ((c & 0x80) == 0) {
                r |= (a >>> 8 * (c & 7) & 0xff) << n;
            }
        }
        return r;
    }

    /** Half of PSHUFB on sixteen bytes: the eight that {@code control} picks from {@code high:low}. */
    public static long pshufb(long low, long high, long control) {
        long r = 0;
        for (int n = 0; n < 64; n += 8) {
            int c = (int) (control >>> n);
            if ((c & 0x80) == 0) {
                r |= (((c & 8) == 0 ? low : high) >>> 8 * (c & 7) & 0xff) << n;
            }
        }
        return r;
    }

    /** PSHUFW: four words picked by two bits each. */
    public static long pshufw(long a, int control) {
        return word(a, control)
                | word(a, control >>> 2) << 16
                | word(a, control >>> 4) << 32
                | word(a, control >>> 6) << 48;
    }

    private static long word(long a, int n) {
        return a >>> 16 * (n & 3) & 0xffff;
    }

    /** Two doublewords of {@code high:low}: the lower picked by bits 0 and 1 of {@code control}, the upper by bits 2 and 3. */
    public static long pickD(long low, long high, int control) {
        return doubleword(low, high, control) | doubleword(low, high, control >>> 2) << 32;
    }

    private static long doubleword(long low, long high, int n) {
        return ((n & 2) == 0 ? low : high) >>> 32 * (n & 1) & 0xffff_ffffL;
    }

    /** Sign-extends the bytes of the low half to words. */
    public static long pmovsxbw(long x) {
        long w = spreadB(x);
        return w | PackedAdd.fillW(w << 8) & ~EVEN_B;
    }

    /** Sign-extends the words of the low half to doublewords. */
    public static long pmovsxwd(long x) {
        long d = spreadW(x);
        return d | PackedAdd.fillD(d << 16) & ~EVEN_W;
    }

    /** Sign-extends the low two bytes to doublewords. */
    public static long pmovsxbd(long x) {
        return (byte) x & 0xffff_ffffL | (long) (byte) (x >>> 8) << 32;
    }

    /** Zero-extends the bytes of the low half to words. */
    public static long pmovzxbw(long x) {
        return spreadB(x);
    }

    /** Zero-extends the words of the low half to doublewords. */
    public static long pmovzxwd(long x) {
        return spreadW(x);
    }

    /** Zero-extends the low two bytes to doublewords. */
    public static long pmovzxbd(long x) {
        return x & 0xff | (x & 0xff00) << 24;
    }
}
