package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.dma.TranslationUnit;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A driver that maps, unmaps and invalidates at random. What it has changed and invalidated must be seen; what it has
 * changed only may be seen either way.
 */
class IotlbCoherenceTest {
    private static final int PAGES = 1024;
    private static final int STEPS = 40_000;
    private static final long LEAVES = VtdBench.PAGE_TABLE + 0x2000;
    private static final int READ = TranslationUnit.READ;

    private final Random random = new Random(9);
    private final VtdBench b = new VtdBench();

    /** What the tables say of each page, and what they said when it was last invalidated; 0 for nothing. */
    private final long[] now = new long[PAGES];

    private final long[][] possible = new long[PAGES][];

    /** Two tables of small pages, of which the second may be replaced by one of 2 MiB. */
    private void set(int page, long address) {
        now[page] = address;
        b.put(LEAVES + page / 512 * 0x1000 + page % 512 * 8L, address == 0 ? 0 : address | 3);
        long[] old = possible[page];
        long[] grown = Arrays.copyOf(old, old.length + 1);
        grown[old.length] = address;
        possible[page] = grown;
    }

    private void settle(int page) {
        possible[page] = new long[] {now[page]};
    }

    private void setLarge(boolean large) {
        long base = 0x80_0000;
        b.put(VtdBench.PAGE_TABLE + 0x1008, large ? base | 1 << 7 | 3 : LEAVES + 0x1000 | 3);
        for (int i = 512; i < PAGES; i++) {
            if (large) {
                now[i] = base + (i - 512) * 4096L;
            } else {
                long entry = b.memory.read(LEAVES + 0x1000 + (i - 512) * 8L, 8);
                now[i] = entry & ~0xfffL;
            }
        }
    }

    private void invalidateDomain() {
        assertTrue(b.complete(2 | 2 << 4 | (long) VtdBench.DOMAIN << 16, 0));
        for (int i = 0; i < PAGES; i++) {
            settle(i);
        }
    }

    @Test
    void noInvalidatedTranslationIsUsedAgain() {
        b.put(VtdBench.PAGE_TABLE, VtdBench.PAGE_TABLE + 0x1000 | 3);
        b.put(VtdBench.PAGE_TABLE + 0x1000, LEAVES | 3);
        b.context(VtdBench.PAGE_TABLE, 0, 1);
        b.enable();
        for (int i = 0; i < PAGES; i++) {
            settle(i);
        }
        setLarge(false);
        boolean large = false;
        int stale = 0;
        for (int step = 0; step < STEPS; step++) {
            int what = random.nextInt(1000);
            int page = random.nextInt(large ? 512 : PAGES);
            if (what < 300) {
                set(page, random.nextInt(4) == 0 ? 0 : (0x20_0000 + random.nextInt(512) * 4096L));
            } else if (what < 400) {
                int mask = random.nextInt(6);
                int first = page & -1 << mask;
                assertTrue(b.invalidate(first * 4096L, mask));
                for (int i = first; i < first + (1 << mask); i++) {
                    settle(i);
                }
            } else if (what < 403) {
                large = !large;
                setLarge(large);
                invalidateDomain();
            } else if (what < 406) {
                invalidateDomain();
            } else {
                page = random.nextInt(PAGES);
                long got = b.translate(page * 4096L, READ);
                long seen = got < 0 ? 0 : got;
                boolean allowed = false;
                for (long each : possible[page]) {
                    allowed |= each == seen;
                }
                int at = page;
                assertTrue(allowed, () -> "page " + at + " " + Long.toHexString(seen));
                stale += seen == now[page] ? 0 : 1;
                if (got < 0) {
                    b.clearFaults();
                }
            }
        }
        // There was something to be coherent about.
        assertTrue(stale > 20, "stale " + stale);
        b.close();
        assertEquals(0, b.warnings.size());
    }
}
