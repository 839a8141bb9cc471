package dev.veery.cpu.state;

/** Who is told what a processor does, for {@code -d}. Called on the vCPU's thread between instructions. */
public interface ExecutionTrace {
    /** Hears nothing. */
    ExecutionTrace NONE = new ExecutionTrace() {};

    /**
     * An exception is about to be delivered; RIP is that of the faulting instruction.
     *
     * @param errorCode 0 when the vector has none
     * @param address what CR2 becomes for a page fault, else 0
     */
    default void exception(CpuState s, int vector, int errorCode, long address) {}

    /** An external interrupt is about to be delivered. */
    default void interrupt(CpuState s, int vector) {}

    /** The processor is about to be reset; the registers are those before. */
    default void reset(CpuState s) {}

    /** Whether {@link #block} is wanted. */
    default boolean wantsBlocks() {
        return false;
    }

    /**
     * A block of guest code was decoded.
     *
     * @param linear address of its first byte
     * @param code its bytes
     * @param offsets where each instruction begins in them
     */
    default void block(CpuState s, long linear, byte[] code, int[] offsets) {}

    /** Whether {@link #executing} is wanted; asked once. */
    default boolean wantsExecution() {
        return false;
    }

    /**
     * A block is about to be executed at RIP; not told of blocks that translated code jumps to by itself.
     *
     * @param code host address of its translation, or 0 for none
     */
    default void executing(CpuState s, long code) {}

    /** Whether translated code may jump from block to block by itself; asked once. */
    default boolean chains() {
        return true;
    }

    /** Whether {@link #translated} is wanted; asked each time. */
    default boolean wantsTranslations() {
        return false;
    }

    /**
     * A block was translated.
     *
     * @param guestBytes length of the block
     * @param instructions how many it has
     * @param code host address where the translation runs
     * @param host its bytes
     */
    default void translated(CpuState s, long rip, int guestBytes, int instructions, long code, byte[] host) {}

    /**
     * The bytes of a translated block have changed: its translation is dropped.
     *
     * @param code host address where it ran
     */
    default void invalidated(CpuState s, long rip, long code) {}

    /** All translations are dropped, to make room. */
    default void discarded(CpuState s) {}
}
