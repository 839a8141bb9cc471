package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.BlockCompiler.size;
import static dev.veery.cpu.jit.Emitter.op;
import static dev.veery.cpu.jit.Emitter.op0f;
import static dev.veery.cpu.jit.Emitter.state;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/** Bit tests, scans, double shifts, and the exchanges that locks are made of. */
final class BitInsns {
    private final BlockCompiler c;

    BitInsns(BlockCompiler compiler) {
        c = compiler;
    }

    void bitTestImmediate(Insn i) {
        int group = i.modrm >> 3 & 7;
        if (i.isReg()) {
            int d = c.use(i.rm, Reg.RCX);
            c.needFlags();
            c.legacyRR(op0f(0xba, i.opSize), group, d);
            c.emit8((int) i.imm);
            c.flagsWritten();
            c.done(i.rm, d);
            return;
        }
        c.operand(i, i.opSize, group != 4);
        c.mov64(Reg.RCX, Reg.RAX);
        c.needFlags();
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op0f(0xba, i.opSize), group, at(Reg.RCX), 1);
        c.emit8((int) i.imm);
        c.flagsWritten();
        c.resumeHere();
    }

    /** The bit offset is signed and reaches as far as it likes: the word it falls into first, then the bit in that. */
    private void bitTestMemory(Insn i) {
        int size = i.opSize;
        int label = c.slow();
        c.address(i, true);
        int bits = c.use(i.reg, Reg.RCX);
        if (size == 8) {
            c.mov64(Reg.RCX, bits);
        } else {
            c.legacyRR(Op.legacy(0, 0, 0x63) | Op.W, Reg.RCX, bits);
        }
        c.legacyRR(op(0xc1, 8), 7, Reg.RCX);
        c.emit8(size == 8 ? 6 : 5);
        c.lea64(Reg.RAX, Mem.indexed(Reg.RAX, Reg.RCX, size == 8 ? 3 : 2, 0));
        c.probe(size, i.opcode != 0xa3, label);
        c.mov64(Reg.RDX, c.use(i.reg, Reg.RDX));
        c.aluImm(4, 4, Reg.RDX, size * 8 - 1);
        c.mov64(Reg.RCX, Reg.RAX);
        c.needFlags();
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op0f(i.opcode, size), Reg.RDX, at(Reg.RCX), 0);
        c.flagsWritten();
        c.resumeHere();
    }

    /** SHLD and SHRD of registers. */
    void doubleShift(Insn i) {
        c.needFlags();
        int s = c.use(i.reg, Reg.RAX);
        int d = c.use(i.rm, Reg.RDX);
        if ((i.opcode & 1) == 0) {
            c.legacyRR(op0f(i.opcode, i.opSize), s, d);
            c.emit8((int) i.imm);
        } else {
            c.mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
            c.legacyRR(op0f(i.opcode, i.opSize), s, d);
        }
        c.flagsWritten();
        c.done(i.rm, d);
    }

    /** CMPXCHG8B and CMPXCHG16B. */
    void compareExchangePair(Insn i) {
        int size = 2 * i.opSize;
        int label = c.slow();
        c.address(i, true);
        if (size == 16) {
            c.legacyRR(op(0xf6, 1), 0, Reg.RAX);
            c.emit8(15);
            c.jcc(Cond.NE, label);
        }
        c.probe(size, true, label);
        int pointer = GuestRegs.host(CpuState.RSI);
        c.store64(state(CpuState.SCRATCH), pointer);
        c.mov64(pointer, Reg.RAX);
        c.needFlags();
        c.mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
        c.mov64(Reg.RDX, GuestRegs.host(CpuState.RDX));
        c.mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(Op.legacy(0, 1, 0xc7) | (size == 16 ? Op.W : 0), 1, at(pointer), 0);
        c.flagsWritten();
        c.load64(pointer, state(CpuState.SCRATCH));
        if (size == 8) {
            // Equal: RAX and RDX keep their upper halves. Different: the load clears them.
            int equal = c.newLabel();
            c.jccShort(Cond.E, equal);
            c.mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
            c.mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
            c.bind(equal);
        } else {
            c.mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
            c.mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
        }
        c.resumeHere();
    }

    void bitTest(Insn i) {
        if (!i.isReg()) {
            bitTestMemory(i);
            return;
        }
        int index = c.use(i.reg, Reg.RDX);
        int d = c.use(i.rm, Reg.RCX);
        c.needFlags();
        c.legacyRR(op0f(i.opcode, i.opSize), index, d);
        c.flagsWritten();
        if (i.opcode != 0xa3) {
            c.done(i.rm, d);
        }
    }

    void scan(Insn i, int opcode) {
        int size = i.opSize;
        int sized = opcode | (size == 8 ? Op.W : size == 2 ? Op.OPSIZE : 0);
        if (i.isReg()) {
            int s = c.use(i.rm, Reg.RDX);
            int d = c.use(i.reg, Reg.RCX);
            c.legacyRR(sized, d, s);
            c.flagsWritten();
            c.done(i.reg, d);
            return;
        }
        c.operand(i, size, false);
        int d = c.use(i.reg, Reg.RCX);
        c.legacyRM(sized, d, at(Reg.RAX), 0);
        c.flagsWritten();
        c.done(i.reg, d);
        c.resumeHere();
    }

    /** MOVBE. */
    void moveSwapped(Insn i) {
        int size = i.opSize;
        boolean store = i.opcode == 0xf1;
        c.operand(i, size, store);
        if (store) {
            c.legacyRM(Op.MOVBE_STORE | Op.size(size), c.use(i.reg, Reg.RCX), at(Reg.RAX), 0);
        } else {
            int d = size == 2 ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
            c.legacyRM(Op.MOVBE_LOAD | Op.size(size), d, at(Reg.RAX), 0);
            c.done(i.reg, d);
        }
        c.resumeHere();
    }

    /** CMPXCHG of memory; the register form is the interpreter's. */
    void cmpxchg(Insn i) {
        int size = size(i);
        int a = GuestRegs.host(CpuState.RAX);
        c.operand(i, size, true);
        c.mov64(Reg.RDX, Reg.RAX);
        int s = c.use(i.reg, Reg.RCX);
        c.mov64(Reg.RAX, a);
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op0f(0xb1, size), s, at(Reg.RDX), 0);
        c.flagsWritten();
        if (size == 4) {
            // Equal: RAX keeps its upper half. Different: the load clears it.
            int equal = c.newLabel();
            c.jccShort(Cond.E, equal);
            c.mov64(a, Reg.RAX);
            c.bind(equal);
        } else {
            c.mov64(a, Reg.RAX);
        }
        c.resumeHere();
    }

    void xadd(Insn i) {
        int size = size(i);
        c.operand(i, size, true);
        int r = c.use(i.reg, Reg.RCX);
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op0f(0xc1, size), r, at(Reg.RAX), 0);
        c.flagsWritten();
        c.done(i.reg, r);
        c.resumeHere();
    }
}
