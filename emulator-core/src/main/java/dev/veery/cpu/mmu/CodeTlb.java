package dev.veery.cpu.mmu;

import dev.veery.memory.RamBlock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cached translations of one address space that code is fetched by, direct-mapped, and what pages they were of. */
final class CodeTlb {
    private static final int SLOTS = 512;
    private static final int SEEN = 4096;
    private static final int LARGE_SHIFT = 21;

    /** Linear page with the privilege in bit 0. */
    final long[] tag = new long[SLOTS];

    /** Host page; 0 outside RAM and ROM. */
    final long[] host = new long[SLOTS];

    /** Block of RAM and page in it. */
    final @Nullable RamBlock[] block = new RamBlock[SLOTS];

    final int[] page = new int[SLOTS];
    final boolean[] large = new boolean[SLOTS];
    private final boolean[] global = new boolean[SLOTS];

    /** Pages that code has been fetched from since the last flush of everything, hashed; small and large pages apart. */
    private final long[] smallSeen = new long[SEEN / 64];

    private final long[] largeSeen = new long[SEEN / 64];

    /** Code was fetched from a page above the middle of the address space that is not global. */
    private boolean highLocal;

    CodeTlb() {
        Arrays.fill(tag, Tlb.INVALID);
    }

    static int slot(long linear) {
        return (int) (linear >>> 12) & SLOTS - 1;
    }

    /** Fills a slot with what a walk has found; host page, block and page are the caller's to fill. */
    void fill(int slot, long newTag, boolean isGlobal, long size) {
        tag[slot] = newTag;
        global[slot] = isGlobal;
        large[slot] = size != 0;
        highLocal |= !isGlobal && newTag < 0;
        if (size == Tlb.LARGE_1G) {
            Arrays.fill(largeSeen, -1L);
        } else if (size != 0) {
            see(largeSeen, newTag >>> LARGE_SHIFT);
        } else {
            see(smallSeen, newTag >>> 12);
        }
    }

    private static void see(long[] filter, long page) {
        int bit = hash(page);
        filter[bit >>> 6] |= 1L << bit;
    }

    private static boolean seen(long[] filter, long page) {
        int bit = hash(page);
        return (filter[bit >>> 6] & 1L << bit) != 0;
    }

    private static int hash(long page) {
        return (int) (page ^ page >>> 12) & SEEN - 1;
    }

    /** Whether code may have been fetched from the page. */
    boolean seen(long linear) {
        return seen(smallSeen, linear >>> 12) || seen(largeSeen, linear >>> LARGE_SHIFT);
    }

    /** Whether code above the middle may be other code in another address space. */
    boolean highLocal() {
        return highLocal;
    }

    void flushAll() {
        Arrays.fill(tag, Tlb.INVALID);
        Arrays.fill(smallSeen, 0);
        Arrays.fill(largeSeen, 0);
        highLocal = false;
    }

    void flushNonGlobal() {
        for (int i = 0; i < SLOTS; i++) {
            if (!global[i]) {
                tag[i] = Tlb.INVALID;
            }
        }
        highLocal = false;
    }
}
