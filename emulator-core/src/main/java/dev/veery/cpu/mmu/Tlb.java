package dev.veery.cpu.mmu;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * Cached translations, direct-mapped by page, in off-heap tables: one for each way permissions can be looked at
 * ({@link #SUPERVISOR_SMAP}, {@link #USER}, {@link #SUPERVISOR}). An entry is four longs:
 *
 * <pre>
 *   0  read tag    linear page, plus {@link #SLOW} when a hit must not touch host memory directly; or INVALID
 *   8  write tag   the same for writes; INVALID too while the page's dirty bit is not set
 *  16  addend      host address minus linear address, for RAM
 *  24  physical    physical page plus {@link #GLOBAL}, {@link #LARGE_2M}, {@link #LARGE_1G}; -1 in a slot not used since the last flush
 * </pre>
 *
 * An access compares the tag with the page of its <em>last</em> byte in the slot of its first: one test rejects misses,
 * page crossings and slow pages alike.
 */
final class Tlb {
    static final int SUPERVISOR_SMAP = 0;
    static final int USER = 1;
    static final int SUPERVISOR = 2;
    static final int TABLES = 3;

    static final int ENTRIES = TlbLayout.ENTRIES;
    static final long TABLE_BYTES = (long) ENTRIES * TlbLayout.ENTRY_SIZE;
    static final int SLOT_SHIFT = TlbLayout.SLOT_SHIFT;
    static final long SLOT_MASK = TlbLayout.SLOT_MASK;
    static final int WRITE_TAG = TlbLayout.WRITE_TAG;
    static final int ADDEND = TlbLayout.ADDEND;
    static final int PHYSICAL = 24;

    static final long PAGE_MASK = -4096L;
    static final long INVALID = -1L;
    static final long SLOW = 1;

    static final long GLOBAL = 1;
    static final long LARGE_2M = 2;
    static final long LARGE_1G = 4;

    private final long base;
    private final int[][] used = new int[TABLES][ENTRIES];
    private final int[] usedCount = new int[TABLES];

    Tlb() {
        base = OffHeap.allocate(TABLE_BYTES * (TABLES + 1));
        OffHeap.fill(base, TABLE_BYTES * (TABLES + 1), 0xff);
    }

    /** Host address of a table. */
    long table(int index) {
        return base + index * TABLE_BYTES;
    }

    /** Host address of a table in which nothing ever hits, so that every access takes the slow path. */
    long missTable() {
        return base + TABLES * TABLE_BYTES;
    }

    /** Host address of the slot of {@code linear} in a table. */
    long slot(int table, long linear) {
        return table(table) + (linear >>> SLOT_SHIFT & SLOT_MASK);
    }

    /** Fills a slot; tags are the page with or without SLOW, or INVALID. */
    void fill(int table, long entry, long readTag, long writeTag, long addend, long physical) {
        if (OffHeap.getLong(entry + PHYSICAL) == -1) {
            used[table][usedCount[table]++] = (int) (entry - table(table));
        }
        OffHeap.putLong(entry, readTag);
        OffHeap.putLong(entry + WRITE_TAG, writeTag);
        OffHeap.putLong(entry + ADDEND, addend);
        OffHeap.putLong(entry + PHYSICAL, physical);
    }

    private static void clear(long entry) {
        OffHeap.putLong(entry, INVALID);
        OffHeap.putLong(entry + WRITE_TAG, INVALID);
        OffHeap.putLong(entry + PHYSICAL, -1);
    }

    void flushAll() {
        for (int t = 0; t < TABLES; t++) {
            long start = table(t);
            int[] slots = used[t];
            for (int i = usedCount[t] - 1; i >= 0; i--) {
                clear(start + slots[i]);
            }
        }
        Arrays.fill(usedCount, 0);
    }

    void flushNonGlobal() {
        for (int t = 0; t < TABLES; t++) {
            long start = table(t);
            int[] slots = used[t];
            int kept = 0;
            for (int i = 0; i < usedCount[t]; i++) {
                long entry = start + slots[i];
                if ((OffHeap.getLong(entry + PHYSICAL) & GLOBAL) != 0) {
                    slots[kept++] = slots[i];
                } else {
                    clear(entry);
                }
            }
            usedCount[t] = kept;
        }
    }

    /** Drops the page, and what was filled from the same large page. */
    void flushPage(long linear) {
        for (int t = 0; t < TABLES; t++) {
            long start = table(t);
            for (int i = 0; i < usedCount[t]; i++) {
                long entry = start + used[t][i];
                long page = page(entry);
                long physical = OffHeap.getLong(entry + PHYSICAL);
                int shift = (physical & LARGE_1G) != 0 ? 30 : (physical & LARGE_2M) != 0 ? 21 : 12;
                if ((page ^ linear) >>> shift == 0) {
                    // The slot stays on the list of used ones.
                    OffHeap.putLong(entry, INVALID);
                    OffHeap.putLong(entry + WRITE_TAG, INVALID);
                }
            }
        }
    }

    private static long page(long entry) {
        long tag = OffHeap.getLong(entry);
        return (tag == INVALID ? OffHeap.getLong(entry + WRITE_TAG) : tag) & PAGE_MASK;
    }

    /** Makes writes to one host page take the slow path, wherever it is mapped. */
    void revokeWrites(long hostPage) {
        for (int t = 0; t < TABLES; t++) {
            long start = table(t);
            for (int i = 0; i < usedCount[t]; i++) {
                long entry = start + used[t][i];
                long tag = OffHeap.getLong(entry + WRITE_TAG);
                if ((tag & ~PAGE_MASK) == 0 && tag + OffHeap.getLong(entry + ADDEND) == hostPage) {
                    OffHeap.putLong(entry + WRITE_TAG, tag | SLOW);
                }
            }
        }
    }

    void free() {
        OffHeap.free(base);
    }
}
