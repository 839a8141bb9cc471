package dev.veery.cpu.jit;

import dev.veery.memory.access.OffHeap;

/**
 * Recent targets of branches that are not linked: pairs of RIP and code address, direct-mapped by the low bits of RIP.
 * Emitted code looks in here before it returns to Java.
 */
final class JumpTable {
    static final int ENTRIES = 1024;
    static final int MASK = ENTRIES - 1;
    static final int ENTRY_SHIFT = 4;

    /** No RIP that could be entered: not canonical. */
    private static final long EMPTY = 1L << 62;

    private final long base = OffHeap.allocate((long) ENTRIES << ENTRY_SHIFT);
    private boolean used;

    JumpTable() {
        used = true;
        clear();
    }

    long address() {
        return base;
    }

    void put(long rip, long code) {
        long entry = base + ((rip & MASK) << ENTRY_SHIFT);
        OffHeap.putLong(entry, rip);
        OffHeap.putLong(entry + 8, code);
        used = true;
    }

    void clear() {
        if (!used) {
            return;
        }
        used = false;
        for (int i = 0; i < ENTRIES; i++) {
            OffHeap.putLong(base + ((long) i << ENTRY_SHIFT), EMPTY);
        }
    }

    void free() {
        OffHeap.free(base);
    }
}
