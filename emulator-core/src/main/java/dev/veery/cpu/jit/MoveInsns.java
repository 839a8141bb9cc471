package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.BlockCompiler.size;
import static dev.veery.cpu.jit.Emitter.immSize;
import static dev.veery.cpu.jit.Emitter.op;
import static dev.veery.cpu.jit.Emitter.op0f;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/** Moves, extensions, address computations and what depends on a condition. */
final class MoveInsns {
    private final BlockCompiler c;

    MoveInsns(BlockCompiler compiler) {
        c = compiler;
    }

    void exchange(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            int a = c.use(i.rm, Reg.RCX);
            int b = c.use(i.reg, Reg.RDX);
            c.legacyRR(op(0x87, size), b, a);
            c.done(i.rm, a);
            c.done(i.reg, b);
            return;
        }
        c.operand(i, size, true);
        int r = c.use(i.reg, Reg.RCX);
        c.legacyRM(op(0x87, size), r, at(Reg.RAX), 0);
        c.done(i.reg, r);
        c.resumeHere();
    }

    void store(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            move(i.rm, i.reg, size);
            return;
        }
        c.operand(i, size, true);
        c.legacyRM(op(0x89, size), c.useByte(i, size, i.reg, Reg.RCX), at(Reg.RAX), 0);
        c.resumeHere();
    }

    void load(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            move(i.reg, i.rm, size);
            return;
        }
        c.operand(i, size, false);
        // A narrow load keeps the rest of the register.
        int d = size < 4 ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
        c.legacyRM(op(0x8b, size), d, at(Reg.RAX), 0);
        c.done(i.reg, d);
        c.resumeHere();
    }

    private void move(int dst, int src, int size) {
        int s = c.use(src, Reg.RDX);
        int d = size < 4 ? c.use(dst, Reg.RCX) : c.target(dst, Reg.RCX);
        c.legacyRR(op(0x8b, size), d, s);
        c.done(dst, d);
    }

    void lea(Insn i) {
        c.address(i, false);
        if (i.opSize == 2) {
            int d = c.use(i.reg, Reg.RCX);
            c.legacyRR(op(0x8b, 2), d, Reg.RAX);
            c.done(i.reg, d);
        } else {
            int d = c.target(i.reg, Reg.RCX);
            c.legacyRR(op(0x8b, i.opSize), d, Reg.RAX);
            c.done(i.reg, d);
        }
    }

    void movImmediate(Insn i, int size, int guest) {
        if (size >= 4) {
            int d = c.target(guest, Reg.RCX);
            c.movImm(d, size == 8 ? i.imm : i.imm & 0xffff_ffffL);
            c.done(guest, d);
            return;
        }
        int d = c.use(guest, Reg.RCX);
        c.legacyRR(op(0xc7, size), 0, d);
        c.emitImm(i.imm, size);
        c.done(guest, d);
    }

    void storeImmediate(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            movImmediate(i, size, i.rm);
            return;
        }
        c.operand(i, size, true);
        c.legacyRM(op(0xc7, size), 0, at(Reg.RAX), immSize(size));
        c.emitImm(i.imm, immSize(size));
        c.resumeHere();
    }

    void extendAccumulator(Insn i) {
        int a = GuestRegs.host(CpuState.RAX);
        int size = i.opSize;
        if (i.opcode == 0x98) {
            int opcode = size == 8
                    ? Op.legacy(0, 0, 0x63) | Op.W
                    : size == 4 ? Op.legacy(0, 1, 0xbf) : Op.legacy(0, 1, 0xbe) | Op.OPSIZE | Op.RM8;
            c.legacyRR(opcode, a, a);
            return;
        }
        c.mov64(Reg.RAX, a);
        c.legacy(op(0x99, size));
        c.legacyRR(op(0x8b, size), GuestRegs.host(CpuState.RDX), Reg.RDX);
    }

    void moveExtended(Insn i, int opcode, int from) {
        boolean partial = i.opSize == 2;
        if (i.isReg()) {
            int s = c.useByte(i, from, i.rm, Reg.RDX);
            int d = partial ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
            c.legacyRR(opcode, d, s);
            c.done(i.reg, d);
            return;
        }
        c.operand(i, from, false);
        int d = partial ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
        c.legacyRM(opcode & ~Op.RM8, d, at(Reg.RAX), 0);
        c.done(i.reg, d);
        c.resumeHere();
    }

    void cmov(Insn i) {
        int size = i.opSize;
        if (i.isReg()) {
            int s = c.use(i.rm, Reg.RDX);
            int d = c.use(i.reg, Reg.RCX);
            c.needFlags();
            c.legacyRR(op0f(i.opcode, size), d, s);
            c.done(i.reg, d);
            return;
        }
        c.operand(i, size, false);
        c.legacyRM(size == 2 ? Op.legacy(0, 1, 0xb7) : op(0x8b, size), Reg.RDX, at(Reg.RAX), 0);
        int d = c.use(i.reg, Reg.RCX);
        c.needFlags();
        c.legacyRR(op0f(i.opcode, size), d, Reg.RDX);
        c.done(i.reg, d);
        c.resumeHere();
    }

    void setcc(Insn i) {
        int opcode = Op.legacy(0, 1, i.opcode) | Op.RM8;
        if (i.isReg()) {
            int d = c.use(i.rm, Reg.RCX);
            c.needFlags();
            c.legacyRR(opcode, 0, d);
            c.done(i.rm, d);
            return;
        }
        c.operand(i, 1, true);
        c.mov64(Reg.RCX, Reg.RAX);
        c.needFlags();
        c.legacyRM(opcode & ~Op.RM8, 0, at(Reg.RCX), 0);
        c.resumeHere();
    }
}
