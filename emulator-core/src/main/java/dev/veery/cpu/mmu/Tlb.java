package dev.veery.cpu.mmu;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * Cached translations in off-heap tables, one for each way permissions can be looked at ({@link #SUPERVISOR_SMAP},
 * {@link #USER}, {@link #SUPERVISOR}), on two levels: a small first one, direct-mapped by the low bits of the page number, which
 * every access looks into, and a second one four times as large, hashed, that has all of the first and what conflicts
 * drove out of it. An entry is four longs:
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

    static final long TABLE_BYTES = (long) TlbLayout.ENTRIES * TlbLayout.ENTRY_SIZE;
    static final long SECOND_BYTES = (long) TlbLayout.SECOND_ENTRIES * TlbLayout.ENTRY_SIZE;
    static final int SLOT_SHIFT = TlbLayout.SLOT_SHIFT;
    static final long SLOT_MASK = TlbLayout.SLOT_MASK;
    static final int WRITE_TAG = TlbLayout.WRITE_TAG;
    static final int ADDEND = TlbLayout.ADDEND;
    static final int PHYSICAL = TlbLayout.PHYSICAL;

    static final long PAGE_MASK = -4096L;
    static final long INVALID = -1L;
    static final long SLOW = 1;

    static final long GLOBAL = 1;
    static final long LARGE_2M = 2;
    static final long LARGE_1G = 4;

    /** One level for one way of looking at permissions. */
    private static final class Table {
        final long base;
        final int[] used;
        int count;

        Table(long base, int entries) {
            this.base = base;
            used = new int[entries];
        }

        void put(long entry, long readTag, long writeTag, long addend, long physical) {
            if (OffHeap.getLong(entry + PHYSICAL) == -1) {
                used[count++] = (int) (entry - base);
            }
            OffHeap.putLong(entry, readTag);
            OffHeap.putLong(entry + WRITE_TAG, writeTag);
            OffHeap.putLong(entry + ADDEND, addend);
            OffHeap.putLong(entry + PHYSICAL, physical);
        }

        void flushAll() {
            for (int i = 0; i < count; i++) {
                clear(base + used[i]);
            }
            count = 0;
        }

        void flushNonGlobal() {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                long entry = base + used[i];
                if ((OffHeap.getLong(entry + PHYSICAL) & GLOBAL) != 0) {
                    used[kept++] = used[i];
                } else {
                    clear(entry);
                }
            }
            count = kept;
        }

        void flushPage(long linear, long slot, boolean large) {
            if (!large) {
                drop(slot, linear);
                return;
            }
            for (int i = 0; i < count; i++) {
                drop(base + used[i], linear);
            }
        }

        void revokeWrites(long hostPage) {
            for (int i = 0; i < count; i++) {
                revokeWrite(base + used[i], hostPage);
            }
        }

        static boolean revokeWrite(long entry, long hostPage) {
            long tag = OffHeap.getLong(entry + WRITE_TAG);
            boolean found = (tag & ~PAGE_MASK) == 0 && tag + OffHeap.getLong(entry + ADDEND) == hostPage;
            if (found) {
                OffHeap.putLong(entry + WRITE_TAG, tag | SLOW);
            }
            return found;
        }
    }

    /** One byte for each hash of a host page. */
    private static final int WRITTEN_BYTES = 1 << 16;

    /** Which large pages were filled since the last flush of everything, hashed: only for those a flush has to look at all slots. */
    private static final class LargePages {
        private static final int BITS = 1 << 12;

        private final long[] of2M = new long[BITS / 64];
        private long of1G;

        void add(long linear, long physical) {
            if ((physical & LARGE_1G) != 0) {
                of1G |= 1L << (linear >>> 30);
            } else {
                int bit = hash(linear);
                of2M[bit >>> 6] |= 1L << bit;
            }
        }

        boolean mayHave(long linear) {
            int bit = hash(linear);
            return (of2M[bit >>> 6] & 1L << bit) != 0 || (of1G & 1L << (linear >>> 30)) != 0;
        }

        private static int hash(long linear) {
            long page = linear >>> 21;
            return (int) (page ^ page >>> 12) & BITS - 1;
        }

        void clear() {
            Arrays.fill(of2M, 0);
            of1G = 0;
        }
    }

    private static final int RECORDED = 1 << 9;
    private static final int FILLED = 128;

    private final long base;

    /** Not zero for every host page that an entry lets be written: spares the search for the rest. */
    private final long written = OffHeap.allocate(WRITTEN_BYTES);

    /**
     * Host pages, by a hash, of which every entry that lets them be written is of a linear page in {@link #filled}: programs that
     * write code do so again in the same pages.
     */
    private final long[] recorded = new long[RECORDED];

    private final long[] filled = new long[FILLED];
    private int filledCount;

    private final LargePages largePages = new LargePages();
    private final Table[] first = new Table[TABLES];
    private final Table[] second = new Table[TABLES];

    Tlb() {
        long size = (TABLE_BYTES + SECOND_BYTES) * (TABLES + 1);
        base = OffHeap.allocate(size);
        OffHeap.fill(base, size, 0xff);
        for (int t = 0; t < TABLES; t++) {
            first[t] = new Table(base + t * TABLE_BYTES, TlbLayout.ENTRIES);
            second[t] = new Table(secondBase(t), TlbLayout.SECOND_ENTRIES);
        }
    }

    private long secondBase(int index) {
        return base + (TABLES + 1) * TABLE_BYTES + index * SECOND_BYTES;
    }

    /** Host address of a table of the first level. */
    long table(int index) {
        return base + index * TABLE_BYTES;
    }

    /** Host address of a table in which nothing ever hits, so that every access takes the slow path. */
    long missTable() {
        return base + TABLES * TABLE_BYTES;
    }

    /** Host address of the second level that belongs to {@link #table} or, for {@link #TABLES}, to {@link #missTable}. */
    long secondTable(int index) {
        return secondBase(index);
    }

    /** Host address of the slot of {@code linear} in a table of the first level. */
    long slot(int table, long linear) {
        return table(table) + (linear >>> SLOT_SHIFT & SLOT_MASK);
    }

    private long secondSlot(int table, long linear) {
        return secondBase(table) + (long) TlbLayout.secondIndex(linear) * TlbLayout.ENTRY_SIZE;
    }

    /** Brings an entry back to the first level; false when the second has none with the tag at {@code tagOffset}. */
    boolean refill(int table, long entry, long linear, int tagOffset) {
        long from = secondSlot(table, linear);
        if ((OffHeap.getLong(from + tagOffset) & ~SLOW) != (linear & PAGE_MASK)) {
            return false;
        }
        first[table].put(
                entry,
                OffHeap.getLong(from),
                OffHeap.getLong(from + WRITE_TAG),
                OffHeap.getLong(from + ADDEND),
                OffHeap.getLong(from + PHYSICAL));
        return true;
    }

    /** Fills the slots of a page on both levels; tags are the page with or without SLOW, or INVALID. */
    void fill(int table, long entry, long readTag, long writeTag, long addend, long physical) {
        if ((writeTag & ~PAGE_MASK) == 0) {
            long hostPage = writeTag + addend;
            OffHeap.putByteRelease(written + writtenIndex(hostPage), 1);
            if (recorded[recordedIndex(hostPage)] == hostPage) {
                record(writeTag);
            }
        }
        if ((physical & (LARGE_2M | LARGE_1G)) != 0) {
            largePages.add(readTag, physical);
        }
        first[table].put(entry, readTag, writeTag, addend, physical);
        second[table].put(secondSlot(table, readTag), readTag, writeTag, addend, physical);
    }

    private void record(long linear) {
        if (filledCount == FILLED) {
            Arrays.fill(recorded, 0);
            filledCount = 0;
        } else {
            filled[filledCount++] = linear;
        }
    }

    private static void clear(long entry) {
        OffHeap.putLong(entry, INVALID);
        OffHeap.putLong(entry + WRITE_TAG, INVALID);
        OffHeap.putLong(entry + PHYSICAL, -1);
    }

    void flushAll() {
        for (int t = 0; t < TABLES; t++) {
            first[t].flushAll();
            second[t].flushAll();
        }
        OffHeap.fill(written, WRITTEN_BYTES, 0);
        largePages.clear();
    }

    void flushNonGlobal() {
        for (int t = 0; t < TABLES; t++) {
            first[t].flushNonGlobal();
            second[t].flushNonGlobal();
        }
    }

    /** Drops the page, and what was filled from the same large page. */
    void flushPage(long linear) {
        boolean large = largePages.mayHave(linear);
        for (int t = 0; t < TABLES; t++) {
            first[t].flushPage(linear, slot(t, linear), large);
            second[t].flushPage(linear, secondSlot(t, linear), large);
        }
    }

    /** Drops the entry if {@code linear} is in its page; the slot stays on the list of used ones. */
    private static void drop(long entry, long linear) {
        long physical = OffHeap.getLong(entry + PHYSICAL);
        int shift = (physical & LARGE_1G) != 0 ? 30 : (physical & LARGE_2M) != 0 ? 21 : 12;
        if ((OffHeap.getLong(entry) ^ linear) >>> shift == 0) {
            OffHeap.putLong(entry, INVALID);
            OffHeap.putLong(entry + WRITE_TAG, INVALID);
        }
    }

    /** Makes writes to one host page take the slow path, wherever it is mapped. */
    void revokeWrites(long hostPage) {
        if (!mayWrite(hostPage)) {
            return;
        }
        int index = recordedIndex(hostPage);
        if (recorded[index] == hostPage) {
            for (int i = filledCount - 1; i >= 0; i--) {
                if (revokeWrites(filled[i], hostPage)) {
                    filledCount--;
                    filled[i] = filled[filledCount];
                }
            }
            return;
        }
        for (int t = 0; t < TABLES; t++) {
            first[t].revokeWrites(hostPage);
            second[t].revokeWrites(hostPage);
        }
        recorded[index] = hostPage;
    }

    /** Whether there were entries of {@code linear} that let the host page be written. */
    private boolean revokeWrites(long linear, long hostPage) {
        boolean found = false;
        for (int t = 0; t < TABLES; t++) {
            found |= Table.revokeWrite(slot(t, linear), hostPage);
            found |= Table.revokeWrite(secondSlot(t, linear), hostPage);
        }
        return found;
    }

    /** Makes writes to a page just filled take the slow path. */
    void makeSlow(int table, long entry, long page) {
        slow(entry, page);
        slow(secondSlot(table, page), page);
    }

    private static void slow(long entry, long page) {
        if (OffHeap.getLong(entry + WRITE_TAG) == page) {
            OffHeap.putLong(entry + WRITE_TAG, page | SLOW);
        }
    }

    /**
     * As {@link #revokeWrites}, on another processor's thread. That processor may fill slots meanwhile: it looks at the
     * page's marks again once it has. It may also be bringing an entry from the second level to the first: after an answer
     * of true and once it has been between two blocks this is to be called again.
     *
     * @return whether there was a translation that let it write the page
     */
    boolean revokeWritesOfPeer(long hostPage) {
        if (!mayWrite(hostPage)) {
            return false;
        }
        boolean found = revoke(secondBase(0), SECOND_BYTES * TABLES, hostPage);
        return revoke(base, TABLE_BYTES * TABLES, hostPage) | found;
    }

    private static boolean revoke(long start, long bytes, long hostPage) {
        boolean found = false;
        for (long entry = start; entry < start + bytes; entry += TlbLayout.ENTRY_SIZE) {
            long tag = OffHeap.getLongAcquire(entry + WRITE_TAG);
            if ((tag & ~PAGE_MASK) == 0 && tag + OffHeap.getLongAcquire(entry + ADDEND) == hostPage) {
                // Fails if the slot was filled anew.
                found |= OffHeap.compareAndSetLong(entry + WRITE_TAG, tag, tag | SLOW);
            }
        }
        return found;
    }

    private static int recordedIndex(long hostPage) {
        long page = hostPage >>> 12;
        return (int) (page ^ page >>> 9) & RECORDED - 1;
    }

    private boolean mayWrite(long hostPage) {
        return OffHeap.getByteAcquire(written + writtenIndex(hostPage)) != 0;
    }

    private static long writtenIndex(long hostPage) {
        long page = hostPage >>> 12;
        return (page ^ page >>> 16) & WRITTEN_BYTES - 1;
    }

    void free() {
        OffHeap.free(base);
        OffHeap.free(written);
    }
}
