package dev.veery.cpu.interp;

/**
 * A faster engine for blocks that run often. The interpreter stays in charge: it finds blocks, delivers faults and
 * interrupts, and lends its ops for whatever the tier does not know.
 */
public interface NativeTier {
    /** Runs of a block by the interpreter before it is given native code, at least 1. */
    int threshold();

    /**
     * Makes native code for a block that is about to run at {@code rip}.
     *
     * @param host host address of its first byte
     * @param span bytes around {@code rip}, a power of two, that one translation covers: a jump that stays inside needs no
     *     look at the page tables as long as {@link dev.veery.cpu.mmu.SoftMmu#codeGeneration} stays the same
     * @param alone whether no other processor shares the memory: one that does may take the right to write a page away, and
     *     finds it in the TLB only
     */
    void compile(Block block, long rip, long host, int span, boolean alone);

    /** Whether it makes sense to {@link #reuse} whatever runs for the first time. */
    boolean reuses();

    /** As {@link #compile}, before the block's first run and only if native code for it was kept from an earlier run of the program, or from before a {@link #discard}. */
    void reuse(Block block, long rip, long host, int span, boolean alone);

    /**
     * Runs native code from the beginning of {@code block}, which has some for the current RIP, until RIP is at the
     * beginning of a block that has none, or a request waits, or {@link dev.veery.cpu.state.CpuState#attention} is set.
     * A {@link dev.veery.cpu.state.CpuFault} comes out as the op threw it, with {@code Mmu.blockRip} set.
     */
    void run(Block block);

    /** The block whose instruction threw out of {@link #run}. */
    Block faultingBlock();

    /** Index of that instruction. */
    int faultingIndex();

    /** The block's bytes have changed: its code must not be entered any more. */
    void kill(Block block);

    /** Drops all native code: what is still needed is compiled again on demand. Not from inside {@link #run}. */
    void discard();

    /** Instructions that native code, or an op on its behalf, has completed; approximate from other threads. */
    long instructions();

    /**
     * Ends the next {@link #run} before a block that would exceed {@code instructions}, which is at least the length of the
     * first. Only if exact counting was asked for when the tier was made.
     */
    void budget(long instructions);

    /** Whether native code is to return soon: true from any thread, false from the processor's own. */
    void poll(boolean pending);

    /** Whether requests wait that a change of IF could let through. {@link #poll} with true implies it. */
    void waiting(boolean requests);
}
