package dev.veery.linux.vfio;

import dev.veery.linux.abi.Vfio;
import dev.veery.memory.access.OffHeap;

/** The chain of capabilities behind an information structure of VFIO's. */
final class CapChain {
    private static final int MAX = 64;

    private CapChain() {}

    /**
     * Finds a capability.
     *
     * @param base of the structure
     * @param size bytes of it
     * @param first offset of the first capability, 0 for none
     * @return its offset, or 0
     */
    static int find(long base, int size, int first, int id) {
        int at = first;
        for (int i = 0; i < MAX && at >= Vfio.SIZEOF_CAP_HEADER && at <= size - Vfio.SIZEOF_CAP_HEADER; i++) {
            if (OffHeap.getChar(base + at) == id) {
                return at;
            }
            at = OffHeap.getInt(base + at + Vfio.CAP_HEADER_NEXT);
        }
        return 0;
    }
}
