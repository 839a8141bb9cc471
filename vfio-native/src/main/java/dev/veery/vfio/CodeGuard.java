package dev.veery.vfio;

import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Notices that a device has written pages of which the software CPU holds decoded code. A device that sees all of memory at
 * all times is watched by nobody when it writes; but before the guest runs what it has read from a disk, the disk's interrupt
 * has told it so, and then the pages with code are compared with what they were. A page that is new here counts as written:
 * it may have changed between decoding and now.
 */
final class CodeGuard {
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

    /** By page, 0 for a page without code. */
    private final Map<RamBlock, long[]> sums = new IdentityHashMap<>();

    /** Compares the pages of a part of a block, in whole pages; says how many were taken for written. */
    int check(RamBlock block, long offset, long size) {
        long[] known = sums.computeIfAbsent(block, ram -> new long[ram.pages()]);
        int changed = 0;
        int last = (int) (offset + size >>> RamBlock.PAGE_SHIFT);
        int page = (int) (offset >>> RamBlock.PAGE_SHIFT);
        while (page < last) {
            int next = Math.min(block.nextCode(page), last);
            Arrays.fill(known, page, next, 0);
            page = next + 1;
            if (next == last) {
                break;
            }
            long at = (long) next << RamBlock.PAGE_SHIFT;
            long sum = sum(block.host() + at);
            if (sum != known[next]) {
                known[next] = sum;
                block.noteWrite(at, RamBlock.PAGE_SIZE);
                changed++;
            }
        }
        return changed;
    }

    /** Of a page; never 0. */
    private static long sum(long host) {
        long sum = 1;
        for (int i = 0; i < RamBlock.PAGE_SIZE; i += Long.BYTES) {
            sum = (sum ^ OffHeap.getLong(host + i)) * MULTIPLIER;
            sum ^= sum >>> 29;
        }
        return sum | 1;
    }
}
