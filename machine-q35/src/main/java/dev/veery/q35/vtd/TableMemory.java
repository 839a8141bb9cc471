package dev.veery.q35.vtd;

import dev.veery.memory.AddressSpace;
import dev.veery.memory.access.OffHeap;

/** The unit's own reads of its tables: guest physical RAM only, so that a table in device registers has no effects. */
final class TableMemory {
    private final AddressSpace memory;
    private boolean failed;

    TableMemory(AddressSpace memory) {
        this.memory = memory;
    }

    /** Reads eight bytes at a multiple of 8; 0 with {@link #failed} if that is not RAM. */
    long read(long address) {
        long host = memory.hostPointer(address, Long.BYTES, false);
        failed = host == 0;
        return failed ? 0 : OffHeap.getLongAcquire(host);
    }

    /** Whether the last access was outside RAM. */
    boolean failed() {
        return failed;
    }

    /** Sets bits of an entry unless it changed meanwhile; whether it did not. */
    boolean setBits(long address, long seen, long bits) {
        long host = memory.hostPointer(address, Long.BYTES, true);
        failed = host == 0;
        if (failed || !OffHeap.compareAndSetLong(host, seen, seen | bits)) {
            return false;
        }
        memory.noteWrite(address, Long.BYTES);
        return true;
    }

    /** Writes four bytes behind all earlier accesses; nothing happens outside RAM. */
    void writeDword(long address, int value) {
        long host = memory.hostPointer(address, Integer.BYTES, true);
        if (host != 0) {
            OffHeap.putIntRelease(host, value);
            memory.noteWrite(address, Integer.BYTES);
        }
    }
}
