package dev.veery.cpu.jit;

import dev.veery.memory.access.OffHeap;

/**
 * Recent targets of branches that are not linked: pairs of RIP and code address, direct-mapped by a hash of RIP.
 * Emitted code looks in here before it returns to Java.
 */
final class JumpTable {
    /** Entries of a table for the lower half of the address space, which is cleared at every turn. */
    private static final int LOW = 1024;

    /** Entries of the one for the upper half. */
    private static final int HIGH = 4096;

    static final int ENTRY_SHIFT = 4;

    /** RIP xor RIP shifted right by this, masked, is the index: functions begin at round addresses. */
    static final int FOLD = 12;

    /** No RIP that could be entered: not canonical. */
    private static final long EMPTY = 1L << 62;

    private final int entries;
    private final long base;
    private boolean used;

    /** For targets in the upper half of the address space, or in the lower one. */
    JumpTable(boolean high) {
        entries = high ? HIGH : LOW;
        base = OffHeap.allocate((long) entries << ENTRY_SHIFT);
        used = true;
        clear();
    }

    /** What is left of the hash of a target, in code at {@code rip}, which looks into a table for its own half. */
    static int mask(long rip) {
        return (rip < 0 ? HIGH : LOW) - 1;
    }

    long address() {
        return base;
    }

    void put(long rip, long code) {
        long entry = base + (((rip ^ rip >>> FOLD) & entries - 1) << ENTRY_SHIFT);
        OffHeap.putLong(entry, rip);
        OffHeap.putLong(entry + 8, code);
        used = true;
    }

    void clear() {
        if (!used) {
            return;
        }
        used = false;
        for (int i = 0; i < entries; i++) {
            OffHeap.putLong(base + ((long) i << ENTRY_SHIFT), EMPTY);
        }
    }

    void free() {
        OffHeap.free(base);
    }
}
