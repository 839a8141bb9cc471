package dev.veery.cpu.interp;

import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.memory.RamBlock;

/**
 * What a processor owes the others that share its memory. A processor that executes guest code may be between its look at
 * a TLB entry and the store that follows; between two blocks it is not.
 */
public interface Peers {
    /** A processor that shares its memory with no other. */
    static Peers alone(SoftMmu m) {
        return new Peers() {
            @Override
            public void markCode(RamBlock ram, int page, long mask, long hostPage) {
                if (ram.markCode(page, mask) == 0) {
                    m.revokeWrites(hostPage);
                }
            }

            @Override
            public void pass() {}
        };
    }

    /**
     * Marks chunks as {@link RamBlock#markCode} does. On return no processor can write the page without reporting it, and
     * none is about to.
     *
     * @param hostPage host address of the page
     */
    void markCode(RamBlock ram, int page, long mask, long hostPage);

    /** Number of processors, this one included, that share the Java heap. */
    default int count() {
        return 1;
    }

    /** Shows the others that this processor is between two blocks, and waits while one of them has the machine for itself. */
    void pass();
}
