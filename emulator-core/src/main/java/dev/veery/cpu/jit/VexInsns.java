package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.Emitter.op;
import static dev.veery.cpu.jit.Emitter.state;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.decode.VexTable;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/**
 * Instructions with a VEX prefix, issued again with other operands: on general registers, and on vectors, where guest register
 * n is host register n.
 */
final class VexInsns {
    private static final int MULX = 0xf6;
    private static final int LOWEST = 0xf3;

    private final BlockCompiler c;

    /** The block has said since the last time it may have been unsaid that upper halves are in use. */
    private boolean marked;

    VexInsns(BlockCompiler compiler) {
        c = compiler;
    }

    /** Whether {@code i}, which the interpreter does not find undefined, is one of BMI1 or BMI2. */
    static boolean general(Insn i) {
        return i.map == Insn.MAP_VEX_0F38 && i.opcode >= 0xf2 && i.opcode <= 0xf7
                || i.map == Insn.MAP_VEX_0F3A && i.opcode == 0xf0;
    }

    /** Whether the host has it. */
    static boolean generalOnHost(Insn i, HostFeatures host) {
        if (i.map == Insn.MAP_VEX_0F3A) {
            return host.bmi2();
        }
        boolean first = i.opcode == 0xf2 || i.opcode == LOWEST || i.opcode == 0xf7 && i.simdPrefix() == 0;
        return first ? host.bmi1() : host.bmi2();
    }

    /** Whether a vector instruction, which the interpreter does not find undefined, is translated in blocks for {@code mode}. */
    static boolean vectorOnHost(Insn i, int mode, HostFeatures host) {
        int entry = VexTable.of(i);
        int kind = entry & VexTable.KIND;
        if (kind == VexTable.NONE || kind == VexTable.SPECIAL || !host.has(VexTable.feature(entry, i))) {
            return false;
        }
        int needed = CpuState.MODE_AVX | ((entry & VexTable.FLOAT) != 0 ? CpuState.MODE_SSE_MASKED : 0);
        return (mode & needed) == needed;
    }

    /** Whether it writes all flags; else it touches none. */
    static boolean writesFlags(Insn i) {
        if (!general(i)) {
            return (VexTable.of(i) & VexTable.KIND) == VexTable.COMPARE;
        }
        return i.map == Insn.MAP_VEX_0F38 && i.opcode != MULX && i.simdPrefix() == 0;
    }

    private static int vexOp(Insn i) {
        int op = Op.legacy(i.simdPrefix(), i.map - Insn.MAP_VEX_0F + 1, i.opcode);
        return op | (i.rexW() ? Op.W : 0) | (i.vexL ? Op.L : 0);
    }

    /** What the interpreter does from here on may have changed what upper halves are in use, as a new block may not know. */
    void forget() {
        marked = false;
    }

    void emit(Insn i) {
        if (general(i)) {
            general(i, writesFlags(i));
        } else {
            vector(i, VexTable.of(i));
        }
    }

    private void vector(Insn i, int entry) {
        int kind = entry & VexTable.KIND;
        if (kind == VexTable.ZERO) {
            c.vexZero(i.vexL);
            c.store32(state(CpuState.YMM_IN_USE), 0);
            marked = false;
            return;
        }
        boolean memory = !i.isReg();
        boolean stores = kind == VexTable.STORE || kind == VexTable.TO_GENERAL;
        if (!marked && writesUpper(i, entry, kind)) {
            c.store32(state(CpuState.YMM_IN_USE), 1);
            marked = true;
        }
        if (memory) {
            vectorOperand(i, entry, stores);
        }
        int tail = VexTable.hasImmediate(i) ? 1 : 0;
        int source = memory ? Reg.NONE : i.rm;
        if (kind == VexTable.FROM_GENERAL && !memory) {
            emit(i, i.reg, i.vvvv, c.use(i.rm, Reg.RCX), tail);
            immediate(i, tail);
        } else if (kind == VexTable.TO_GENERAL && !memory) {
            int d = c.target(i.rm, Reg.RCX);
            emit(i, i.reg, 0, d, tail);
            immediate(i, tail);
            c.done(i.rm, d);
        } else if (kind == VexTable.GENERAL) {
            int d = c.target(i.reg, Reg.RCX);
            emit(i, d, 0, source, tail);
            immediate(i, tail);
            c.done(i.reg, d);
        } else if ((entry & VexTable.STREAM) != 0) {
            // In order for other processors.
            c.vexRM(Op.MOVUPS_STORE | (i.vexL ? Op.L : 0), i.reg, 0, at(Reg.RAX), 0);
        } else {
            emit(i, kind == VexTable.SHIFT ? i.modrm >> 3 & 7 : i.reg, i.vvvv, source, tail);
            immediate(i, tail);
        }
        if (kind == VexTable.COMPARE) {
            c.flagsWritten();
        }
        if (memory) {
            c.resumeHere();
        }
    }

    private static boolean writesUpper(Insn i, int entry, int kind) {
        boolean vector = kind == VexTable.COMPUTE
                || kind == VexTable.LOAD
                || kind == VexTable.SHIFT
                || kind == VexTable.STORE && i.isReg();
        return vector && VexTable.width(entry, i) == 32;
    }

    /** Host address of the memory operand into RAX. A masked move has to find the whole of its memory here. */
    private void vectorOperand(Insn i, int entry, boolean write) {
        int size = VexTable.size(entry, i);
        int label = c.slow();
        c.address(i, true);
        if ((entry & VexTable.ALIGNED) != 0) {
            // The interpreter raises #GP.
            c.legacyRR(op(0xf6, 1), 0, Reg.RAX);
            c.emit8(size - 1);
            c.jcc(Cond.NE, label);
        }
        c.probe(size, write, label);
    }

    private void immediate(Insn i, int tail) {
        if (tail != 0) {
            c.emit8((int) i.imm);
        }
    }

    private void general(Insn i, boolean writes) {
        boolean memory = !i.isReg();
        if (memory) {
            c.operand(i, i.opSize, false);
        }
        int source = memory ? Reg.NONE : c.use(i.rm, Reg.RAX);
        if (i.map == Insn.MAP_VEX_0F3A) {
            int d = c.target(i.reg, Reg.RCX);
            emit(i, d, 0, source, 1);
            c.emit8((int) i.imm);
            c.done(i.reg, d);
        } else if (i.opcode == MULX) {
            c.mov64(Reg.RDX, GuestRegs.host(CpuState.RDX));
            int low = c.target(i.vvvv, Reg.RCX);
            int high = c.target(i.reg, Reg.RAX);
            emit(i, high, low, source, 0);
            c.done(i.vvvv, low);
            c.done(i.reg, high);
        } else if (i.opcode == LOWEST) {
            int d = c.target(i.vvvv, Reg.RCX);
            emit(i, i.modrm >> 3 & 7, d, source, 0);
            c.done(i.vvvv, d);
        } else {
            int other = c.use(i.vvvv, Reg.RDX);
            int d = c.target(i.reg, Reg.RCX);
            emit(i, d, other, source, 0);
            c.done(i.reg, d);
        }
        if (writes) {
            c.flagsWritten();
        }
        if (memory) {
            c.resumeHere();
        }
    }

    /** With a register, or with memory at RAX when {@code source} is none. */
    private void emit(Insn i, int reg, int vvvv, int source, int tail) {
        if (source == Reg.NONE) {
            c.vexRM(vexOp(i), reg, vvvv, at(Reg.RAX), tail);
        } else {
            c.vexRR(vexOp(i), reg, vvvv, source);
        }
    }
}
