package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.dma.TranslationUnit;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Translation against a second reading of VT-d 3.7 and 9.8, over random tables with hostile entries. */
class PageWalkTest {
    private static final int TABLES = 24;
    private static final int ROUNDS = 60;

    private long expectedAddress;
    private long expectedLength;

    /** An entry that leads somewhere: tables at whole pages from {@link VtdBench#PAGE_TABLE} on. */
    private static long entry(Random random) {
        long table = VtdBench.PAGE_TABLE + random.nextInt(TABLES) * 4096L;
        long rights = random.nextInt(8) == 0 ? random.nextInt(4) : 3;
        switch (random.nextInt(16)) {
            case 0:
                return 0;
            case 1: // any reserved, ignored or address bit
                return table | rights | 1L << random.nextInt(64);
            case 2: // outside RAM
                return VtdBench.RAM + random.nextInt(1 << 20) * 4096L | rights;
            case 3: // a large page, aligned for one level or the other, or not at all
                return (long) random.nextInt(1 << 8) << 12 + 9 * random.nextInt(3) | 1 << 7 | rights;
            case 4:
                return random.nextLong();
            case 5: // snoop, transient mapping
                return table | rights | (random.nextBoolean() ? 1 << 11 : 1L << 62);
            default: // may be the very table it stands in
                return table | rights | (long) random.nextInt(8) << 52 | random.nextInt(2) << 8;
        }
    }

    private static boolean bit(long value, int n) {
        return (value & 1L << n) != 0;
    }

    /** The reason, with address and length in the fields for none. */
    private int expect(VtdBench b, int levels, int width, boolean snoop, boolean transients, long iova, int access) {
        expectedLength = 1L << 12 + 9 * levels;
        if (iova < 0 || iova >= expectedLength) {
            return 4;
        }
        boolean readable = true;
        boolean writable = true;
        long at = VtdBench.PAGE_TABLE;
        int level = levels;
        while (true) {
            expectedLength /= 512;
            at += iova / expectedLength % 512 * 8;
            if (at > VtdBench.RAM - 8) {
                return 7;
            }
            long entry = b.memory.read(at, 8);
            readable &= bit(entry, 0);
            writable &= bit(entry, 1);
            boolean absent = !bit(entry, 0) && !bit(entry, 1);
            if ((access & 2) != 0 && (absent || !writable)) {
                return 5;
            }
            if ((access & 1) != 0 && (absent || !readable)) {
                return 6;
            }
            boolean last = level == 1 || bit(entry, 7) && level <= 3;
            long address = 0;
            for (int n = 7; n < 64; n++) {
                if (!bit(entry, n) || n >= 8 && n <= 10 || n == 63) {
                    continue;
                }
                if (n == 7) {
                    if (level > 3) {
                        return 12;
                    }
                } else if (n == 11) {
                    if (!last || !snoop) {
                        return 12;
                    }
                } else if (n == 62) {
                    if (!last || !transients) {
                        return 12;
                    }
                } else if (n < width) {
                    if (last && 1L << n < expectedLength) {
                        return 12;
                    }
                    address += 1L << n;
                } else if (n < 52) {
                    return 12;
                }
            }
            if (last) {
                expectedAddress = address + iova % expectedLength;
                expectedLength -= iova % expectedLength;
                return 0;
            }
            at = address;
            level--;
        }
    }

    @ParameterizedTest
    @CsvSource({"39,1,off,off", "48,1,on,off", "48,2,off,on", "57,3,on,on", "57,2,off,off"})
    void agreesWithASecondReadingOfTheSpecification(int aw, int contextWidth, String snoop, String transients) {
        Random random = new Random(aw * 31 + contextWidth);
        int levels = contextWidth + 2;
        int[] seen = new int[16];
        try (VtdBench b = new VtdBench("aw-bits", "" + aw, "snoop-control", snoop, "device-iotlb", transients)) {
            b.context(VtdBench.PAGE_TABLE, 0, contextWidth);
            b.enable();
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < TABLES * 512; i += 1 + random.nextInt(4)) {
                    b.put(VtdBench.PAGE_TABLE + i * 8L, entry(random));
                }
                assertTrue(b.complete(2 | 2 << 4 | (long) VtdBench.DOMAIN << 16, 0));
                for (int i = 0; i < 200; i++) {
                    int bits = 12 + 9 * levels + (random.nextInt(50) == 0 ? 1 : 0);
                    long iova = random.nextLong() & (bits >= 64 ? -1L : (1L << bits) - 1);
                    int access = 1 + random.nextInt(3);
                    boolean on = snoop.equals("on");
                    int reason = expect(b, levels, Math.min(aw, 52), on, transients.equals("on"), iova, access);
                    long got = b.translate(iova, access);
                    seen[reason]++;
                    assertEquals(reason == 0 ? expectedAddress : -1, got, () -> Long.toHexString(iova));
                    if (reason == 0) {
                        assertEquals(expectedLength, b.out.length());
                        assertEquals(got, b.translate(iova, TranslationUnit.READ & access | access));
                    } else {
                        assertEquals(reason, b.fault(0));
                        b.unit.reset();
                        b.enableAgain();
                    }
                }
            }
        }
        for (int reason : new int[] {0, 4, 5, 6, 7, 12}) {
            assertTrue(seen[reason] > 20, "reason " + reason + " seen " + seen[reason]);
        }
    }
}
