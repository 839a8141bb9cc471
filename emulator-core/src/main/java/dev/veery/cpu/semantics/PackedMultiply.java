package dev.veery.cpu.semantics;

/** Packed multiplication and sums of products on 64 bits at a time (SDM vol. 2: PMUL*, PMADD*, PSADBW, MPSADBW). */
public final class PackedMultiply {
    private PackedMultiply() {}

    private static int word(long x, int n) {
        return (short) (x >>> (16 * n));
    }

    private static int uword(long x, int n) {
        return (int) (x >>> (16 * n)) & 0xffff;
    }

    private static long put(int value, int n) {
        return (value & 0xffffL) << (16 * n);
    }

    public static long pmullw(long a, long b) {
        return put(word(a, 0) * word(b, 0), 0)
                | put(word(a, 1) * word(b, 1), 1)
                | put(word(a, 2) * word(b, 2), 2)
                | put(word(a, 3) * word(b, 3), 3);
    }

    public static long pmulhw(long a, long b) {
        return put(word(a, 0) * word(b, 0) >> 16, 0)
                | put(word(a, 1) * word(b, 1) >> 16, 1)
                | put(word(a, 2) * word(b, 2) >> 16, 2)
                | put(word(a, 3) * word(b, 3) >> 16, 3);
    }

    public static long pmulhuw(long a, long b) {
        return put(uword(a, 0) * uword(b, 0) >>> 16, 0)
                | put(uword(a, 1) * uword(b, 1) >>> 16, 1)
                | put(uword(a, 2) * uword(b, 2) >>> 16, 2)
                | put(uword(a, 3) * uword(b, 3) >>> 16, 3);
    }

    /** High words of the products, rounded: bit 14 counts up. */
    public static long pmulhrsw(long a, long b) {
        return put(roundedHigh(word(a, 0) * word(b, 0)), 0)
                | put(roundedHigh(word(a, 1) * word(b, 1)), 1)
                | put(roundedHigh(word(a, 2) * word(b, 2)), 2)
                | put(roundedHigh(word(a, 3) * word(b, 3)), 3);
    }

    private static int roundedHigh(int product) {
        return ((product >> 14) + 1) >> 1;
    }

    public static long pmaddwd(long a, long b) {
        int low = word(a, 0) * word(b, 0) + word(a, 1) * word(b, 1);
        int high = word(a, 2) * word(b, 2) + word(a, 3) * word(b, 3);
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** Unsigned bytes of {@code a} times signed bytes of {@code b}, neighbours added with signed saturation. */
    public static long pmaddubsw(long a, long b) {
        long r = 0;
        for (int n = 0; n < 64; n += 16) {
            int sum = ((int) (a >>> n) & 0xff) * (byte) (b >>> n) + ((int) (a >>> n + 8) & 0xff) * (byte) (b >>> n + 8);
            r |= (Math.max(Math.min(sum, 0x7fff), -0x8000) & 0xffffL) << n;
        }
        return r;
    }

    public static long pmuludq(long a, long b) {
        return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
    }

    public static long pmuldq(long a, long b) {
        return (long) (int) a * (int) b;
    }

    public static long pmulld(long a, long b) {
        int low = (int) a * (int) b;
        int high = (int) (a >>> 32) * (int) (b >>> 32);
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** Sum of the absolute differences of eight unsigned bytes, zero-extended. */
    public static long psadbw(long a, long b) {
        long d = PackedAdd.psubb(PackedCompare.pmaxub(a, b), PackedCompare.pminub(a, b));
        long pairs = (d & 0x00ff00ff00ff00ffL) + (d >>> 8 & 0x00ff00ff00ff00ffL);
        return pairs * 0x0001000100010001L >>> 48;
    }

    /**
     * Four of MPSADBW's sums: those of four bytes of {@code window}, starting at bytes 0 to 3, against {@code block}.
     *
     * @param window at least the seven bytes that are used
     * @param block four bytes in the low half
     */
    public static long mpsadbw(long window, int block) {
        long r = 0;
        long fixed = block & 0xffff_ffffL;
        for (int n = 0; n < 4; n++) {
            r |= psadbw(window >>> (8 * n) & 0xffff_ffffL, fixed) << (16 * n);
        }
        return r;
    }
}
