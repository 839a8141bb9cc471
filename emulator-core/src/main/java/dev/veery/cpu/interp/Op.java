package dev.veery.cpu.interp;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;

/**
 * One predecoded instruction: operands resolved to offsets, immediates ready. Immutable after construction, shared by
 * every pass over its block.
 *
 * <p>{@link #exec} either completes the instruction or throws {@link dev.veery.cpu.state.CpuFault} having changed no
 * architectural state. It finds RIP nowhere and sets it nowhere, unless it is the last of its block: then it sets
 * {@code s.rip} itself ({@link Terminator}).
 */
public abstract class Op {
    /** Length in bytes of the instructions this op covers (a fused pair counts both). */
    int length;

    /** Offset of its first byte from the first byte of its block. */
    int offset;

    /** Whether a non-canonical address in it raises #SS instead of #GP (SDM vol. 3, section 6.15). */
    boolean throughStack() {
        return false;
    }

    /** Executes on the processor. */
    public abstract void exec(CpuState s, Mmu m);
}
