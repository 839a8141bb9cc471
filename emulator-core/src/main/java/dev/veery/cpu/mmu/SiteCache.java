package dev.veery.cpu.mmu;

import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/**
 * What emitted code remembers for each place in user code that accesses memory: the page it went to, so that the next access
 * there needs no look into the TLB, and its address does not have to wait for one. Whatever takes anything out of the TLB
 * clears all of it; a site that goes to another page each time is never filled.
 *
 * <p>A site is four longs behind the processor's register block: linear page; 4097 minus the access's size, or 0 while it is empty;
 * host address minus linear address; and the page of the last access that missed. The numbers of the filled ones are on a
 * list, ints, that {@link CpuState#JIT_SITE_LIST} points behind.
 */
public final class SiteCache {
    public static final int SITE_SIZE = 32;

    /** Offsets in a site. */
    public static final int PAGE = 0;

    public static final int LIMIT = 8;
    public static final int ADDEND = 16;
    public static final int LAST = 24;

    private static final int LIST = CpuState.JIT_SITES + CpuState.JIT_SITE_COUNT * SITE_SIZE;

    private final long base;
    private int next;

    SiteCache(CpuState s) {
        base = s.base;
        OffHeap.putLong(base + CpuState.JIT_SITE_LIST, base + LIST);
    }

    /** Offset of a new, empty site in the register block; 0 when there are no more. */
    public int add() {
        if (next == CpuState.JIT_SITE_COUNT) {
            return 0;
        }
        int offset = next();
        next++;
        OffHeap.putLong(base + offset + LIMIT, 0);
        OffHeap.putLong(base + offset + LAST, Tlb.INVALID);
        return offset;
    }

    /** Whether {@link #add} can make {@code count} more. */
    public boolean haveRoom(int count) {
        return next + count <= CpuState.JIT_SITE_COUNT;
    }

    /** Offset of the site that {@link #add} makes next, if there is room. */
    public int next() {
        return CpuState.JIT_SITES + next * SITE_SIZE;
    }

    /** Forgets all sites: the code that used them is gone. */
    public void removeAll() {
        clear();
        next = 0;
    }

    /** Empties all sites. */
    void clear() {
        long end = OffHeap.getLong(base + CpuState.JIT_SITE_LIST);
        if (end == base + LIST) {
            return;
        }
        for (long at = base + LIST; at < end; at += Integer.BYTES) {
            long site = base + OffHeap.getInt(at);
            OffHeap.putLong(site + LIMIT, 0);
            OffHeap.putLong(site + LAST, Tlb.INVALID);
        }
        OffHeap.putLong(base + CpuState.JIT_SITE_LIST, base + LIST);
    }
}
