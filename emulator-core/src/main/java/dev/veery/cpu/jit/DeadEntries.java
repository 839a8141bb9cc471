package dev.veery.cpu.jit;

import dev.veery.hostcode.CodeRegion;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * Entries of blocks whose bytes have changed. Links and tables still lead there, and from there back to Java each time, until the
 * same place is translated anew: then the old entry leads to the new one. Kernels patch themselves where they are
 * hottest, so that would not be rare.
 *
 * <p>The place is the address of the bytes on the host together with RIP and mode: whoever was linked to the old translation may
 * be linked to the new one. A direct-mapped table remembers as much as it has room for.
 */
final class DeadEntries {
    private static final int SLOTS = 1024;
    private static final int JMP_REL32 = 0xe9;
    private static final int JMP_LENGTH = 5;

    private final CodeRegion region;
    private final long[] host = new long[SLOTS];
    private final long[] rip = new long[SLOTS];
    private final int[] mode = new int[SLOTS];
    private final long[] entry = new long[SLOTS];

    DeadEntries(CodeRegion region) {
        this.region = region;
    }

    private static int slot(long host) {
        return (int) (host ^ host >>> 12) & SLOTS - 1;
    }

    /** The code at {@code code}, executable address, becomes a jump to {@code poll}. */
    void add(long hostAddress, long atRip, int inMode, long code, long poll) {
        redirect(code, poll);
        int i = slot(hostAddress);
        host[i] = hostAddress;
        rip[i] = atRip;
        mode[i] = inMode;
        entry[i] = code;
    }

    /** A block has been translated to {@code code}: what was at its place leads there. */
    void replaced(long hostAddress, long atRip, int inMode, long code) {
        int i = slot(hostAddress);
        if (host[i] == hostAddress && rip[i] == atRip && mode[i] == inMode && entry[i] != 0) {
            redirect(entry[i], code);
            entry[i] = 0;
        }
    }

    private void redirect(long from, long to) {
        long writable = from - region.executable() + region.writable();
        OffHeap.putByte(writable, JMP_REL32);
        OffHeap.putInt(writable + 1, (int) (to - (from + JMP_LENGTH)));
    }

    /** All code is gone. */
    void clear() {
        Arrays.fill(entry, 0);
    }
}
