package dev.veery.cpu.jit;

import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;

/**
 * Where emitted code keeps the guest's general registers. Eleven live in host registers from entry to exit; the other
 * five stay in the register block, which RBP points at. RAX, RCX and RDX are scratch, RSP is the host's own.
 */
final class GuestRegs {
    /** Points into the register block of {@link CpuState}, {@link #STATE_BIAS} bytes behind its beginning. */
    static final int STATE = Reg.RBP;

    /** How far into the block: everything that code touches often is within a byte's displacement. */
    static final int STATE_BIAS = 0x80;

    private static final int IN_MEMORY = -1;

    private static final int[] HOST = {
        Reg.R8, // RAX
        Reg.R9, // RCX
        Reg.R10, // RDX
        Reg.RBX, // RBX
        Reg.R11, // RSP
        Reg.R12, // RBP
        Reg.RSI, // RSI
        Reg.RDI, // RDI
        Reg.R13, // R8
        IN_MEMORY, // R9
        IN_MEMORY, // R10
        IN_MEMORY, // R11
        Reg.R14, // R12
        Reg.R15, // R13
        IN_MEMORY, // R14
        IN_MEMORY, // R15
    };

    private GuestRegs() {}

    /** Whether the register is in a host register. */
    static boolean inHost(int guest) {
        return HOST[guest] != IN_MEMORY;
    }

    /** The host register of {@code guest}, which {@link #inHost} knows. */
    static int host(int guest) {
        return HOST[guest];
    }

    /** The place in the register block, current only while {@link #inHost} is false or outside emitted code. */
    static long slot(int guest) {
        return Mem.based(STATE, CpuState.GPR + 8 * guest - STATE_BIAS);
    }
}
