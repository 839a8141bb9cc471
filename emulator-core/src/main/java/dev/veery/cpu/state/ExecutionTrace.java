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
}
