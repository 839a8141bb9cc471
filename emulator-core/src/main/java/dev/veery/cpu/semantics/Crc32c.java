package dev.veery.cpu.semantics;

/** CRC32 (SDM vol. 2): the Castagnoli polynomial 11EDC6F41h, bits reflected. */
public final class Crc32c {
    private static final int REFLECTED = 0x82f63b78;
    private static final int[] TABLE = table();

    private Crc32c() {}

    private static int[] table() {
        int[] t = new int[256];
        for (int n = 0; n < t.length; n++) {
            int c = n;
            for (int k = 0; k < 8; k++) {
                c = c >>> 1 ^ (-(c & 1) & REFLECTED);
            }
            t[n] = c;
        }
        return t;
    }

    /** Accumulates the low {@code bytes} bytes of {@code data}, lowest first. */
    public static int update(int crc, long data, int bytes) {
        int c = crc;
        long d = data;
        for (int n = 0; n < bytes; n++) {
            c = c >>> 8 ^ TABLE[(c ^ (int) d) & 0xff];
            d >>>= 8;
        }
        return c;
    }
}
