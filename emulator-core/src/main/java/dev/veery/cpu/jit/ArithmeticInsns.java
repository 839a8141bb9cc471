package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.BlockCompiler.size;
import static dev.veery.cpu.jit.Emitter.immSize;
import static dev.veery.cpu.jit.Emitter.op;
import static dev.veery.cpu.jit.Emitter.op0f;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;

/** Integer arithmetic, logic, shifts, multiplication and division. */
final class ArithmeticInsns {
    private final BlockCompiler c;

    ArithmeticInsns(BlockCompiler compiler) {
        c = compiler;
    }

    void alu(Insn i) {
        int size = size(i);
        int operation = i.opcode >> 3;
        boolean compares = operation == 7;
        boolean carries = operation == 2 || operation == 3;
        int form = i.opcode & 7;
        if (form >= 4) {
            if (carries) {
                c.needFlags();
            }
            c.aluImm(operation, size, GuestRegs.host(CpuState.RAX), i.imm);
            c.flagsWritten();
            return;
        }
        boolean toReg = form >= 2;
        if (i.isReg()) {
            int dst = toReg ? i.reg : i.rm;
            int src = toReg ? i.rm : i.reg;
            int s = c.useByte(i, size, src, Reg.RDX);
            int d = c.useByte(i, size, dst, Reg.RCX);
            if (carries) {
                c.needFlags();
            }
            c.legacyRR(op(operation << 3 | 3, size), d, s);
            c.flagsWritten();
            if (!compares) {
                c.doneByte(i, size, dst, d);
            }
            return;
        }
        c.operand(i, size, !toReg && !compares);
        if (toReg) {
            int d = c.use(i.reg, Reg.RCX);
            c.legacyRM(op(operation << 3 | 3, size), d, at(Reg.RAX), 0);
            c.flagsWritten();
            if (!compares) {
                c.done(i.reg, d);
            }
        } else {
            int s = c.use(i.reg, Reg.RCX);
            if (i.lock) {
                c.lock();
            }
            c.legacyRM(op(operation << 3 | 1, size), s, at(Reg.RAX), 0);
            c.flagsWritten();
        }
        c.resumeHere();
    }

    void aluImmediate(Insn i, int operation) {
        int size = size(i);
        boolean carries = operation == 2 || operation == 3;
        if (i.isReg()) {
            int d = c.useByte(i, size, i.rm, Reg.RCX);
            if (carries) {
                c.needFlags();
            }
            c.aluImm(operation, size, d, i.imm);
            c.flagsWritten();
            if (operation != 7) {
                c.doneByte(i, size, i.rm, d);
            }
            return;
        }
        c.operand(i, size, operation != 7);
        if (i.lock) {
            c.lock();
        }
        if (size > 1 && i.imm == (byte) i.imm) {
            c.legacyRM(op(0x83, size), operation, at(Reg.RAX), 1);
            c.emit8((int) i.imm);
        } else {
            c.legacyRM(op(0x81, size), operation, at(Reg.RAX), immSize(size));
            c.emitImm(i.imm, immSize(size));
        }
        c.flagsWritten();
        c.resumeHere();
    }

    void test(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            int a = c.useByte(i, size, i.rm, Reg.RCX);
            int b = c.useByte(i, size, i.reg, Reg.RDX);
            c.legacyRR(op(0x85, size), b, a);
            c.flagsWritten();
            return;
        }
        c.operand(i, size, false);
        c.legacyRM(op(0x85, size), c.use(i.reg, Reg.RCX), at(Reg.RAX), 0);
        c.flagsWritten();
        c.resumeHere();
    }

    void shift(Insn i, int operation, int count) {
        int size = size(i);
        int by = count & (size == 8 ? 63 : 31);
        if (i.isReg()) {
            int d = c.use(i.rm, Reg.RCX);
            if (by == 0) {
                if (size == 4) {
                    c.legacyRR(op(0x8b, 4), d, d);
                    c.done(i.rm, d);
                }
                return;
            }
            if (operation < 4) {
                c.needFlags();
            }
            c.legacyRR(op(0xc1, size), operation, d);
            c.emit8(by);
            c.flagsWritten();
            c.done(i.rm, d);
            return;
        }
        c.operand(i, size, true);
        c.legacyRM(op(0xc1, size), operation, at(Reg.RAX), 1);
        c.emit8(by);
        c.flagsWritten();
        c.resumeHere();
    }

    void shiftByCl(Insn i, int operation) {
        int d = c.use(i.rm, Reg.RDX);
        // A count of zero leaves all flags, a rotate most of them.
        c.needFlags();
        c.mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        if (d == GuestRegs.host(CpuState.RCX)) {
            c.mov64(Reg.RDX, d);
            d = Reg.RDX;
        }
        c.legacyRR(op(0xd3, size(i)), operation, d);
        c.flagsWritten();
        c.done(i.rm, d);
        // A 32-bit shift by zero still clears the upper half.
        if (size(i) == 4) {
            c.legacyRR(op(0x8b, 4), d, d);
            c.done(i.rm, d);
        }
    }

    void group3(Insn i, int group) {
        int size = size(i);
        if (group == 0) {
            if (i.isReg()) {
                c.legacyRR(op(0xf7, size), 0, c.useByte(i, size, i.rm, Reg.RCX));
                c.emitImm(i.imm, immSize(size));
                c.flagsWritten();
            } else {
                c.operand(i, size, false);
                c.legacyRM(op(0xf7, size), 0, at(Reg.RAX), immSize(size));
                c.emitImm(i.imm, immSize(size));
                c.flagsWritten();
                c.resumeHere();
            }
            return;
        }
        if (group >= 6) {
            divide(i, group, size);
            return;
        }
        if (group >= 4) {
            multiply(i, group, size);
            return;
        }
        if (i.isReg()) {
            int d = c.use(i.rm, Reg.RCX);
            c.legacyRR(op(0xf7, size), group, d);
            if (group == 3) {
                c.flagsWritten();
            }
            c.done(i.rm, d);
            return;
        }
        c.operand(i, size, true);
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op(0xf7, size), group, at(Reg.RAX), 0);
        if (group == 3) {
            c.flagsWritten();
        }
        c.resumeHere();
    }

    /** MUL and IMUL of EAX or RAX. */
    private void multiply(Insn i, int group, int size) {
        if (i.isReg()) {
            int s = c.use(i.rm, Reg.RCX);
            c.mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
            c.legacyRR(op(0xf7, size), group, s);
        } else {
            c.operand(i, size, false);
            c.mov64(Reg.RCX, Reg.RAX);
            c.mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
            c.legacyRM(op(0xf7, size), group, at(Reg.RCX), 0);
        }
        c.flagsWritten();
        c.mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
        c.mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
        if (!i.isReg()) {
            c.resumeHere();
        }
    }

    /** DIV and IDIV: what would raise the host's #DE, and a little more, is the interpreter's. */
    private void divide(Insn i, int group, int size) {
        int high = GuestRegs.host(CpuState.RDX);
        int low = GuestRegs.host(CpuState.RAX);
        if (i.isReg()) {
            c.slow();
            c.mov64(Reg.RCX, c.use(i.rm, Reg.RCX));
        } else {
            c.operand(i, size, false);
            c.legacyRM(op(0x8b, size), Reg.RCX, at(Reg.RAX), 0);
        }
        int label = c.slowLabel();
        c.mov64(Reg.RAX, low);
        if (group == 6) {
            // The quotient fits if the upper half is below the divisor, which so is not zero.
            c.legacyRR(op(0x3b, size), high, Reg.RCX);
            c.jcc(Cond.AE, label);
            c.mov64(Reg.RDX, high);
        } else {
            // A dividend as wide as the divisor, which is neither 0 nor -1.
            c.legacyRM(op(0x8d, size), Reg.RDX, Mem.based(Reg.RCX, 1), 0);
            c.aluImm(7, size, Reg.RDX, 1);
            c.jcc(Cond.BE, label);
            c.legacy(op(0x99, size));
            c.legacyRR(op(0x3b, size), high, Reg.RDX);
            c.jcc(Cond.NE, label);
        }
        c.legacyRR(op(0xf7, size), group, Reg.RCX);
        c.flagsWritten();
        c.mov64(low, Reg.RAX);
        c.mov64(high, Reg.RDX);
        c.resumeHere();
    }

    void imulImmediate(Insn i) {
        int size = i.opSize;
        int opcode = op(i.opcode, size);
        int immBytes = i.opcode == 0x6b ? 1 : immSize(size);
        if (i.isReg()) {
            int s = c.use(i.rm, Reg.RDX);
            int d = size == 2 ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
            c.legacyRR(opcode, d, s);
            c.emitImm(i.imm, immBytes);
            c.flagsWritten();
            c.done(i.reg, d);
            return;
        }
        c.operand(i, size, false);
        int d = size == 2 ? c.use(i.reg, Reg.RCX) : c.target(i.reg, Reg.RCX);
        c.legacyRM(opcode, d, at(Reg.RAX), immBytes);
        c.emitImm(i.imm, immBytes);
        c.flagsWritten();
        c.done(i.reg, d);
        c.resumeHere();
    }

    void incDec(Insn i, int group) {
        int size = size(i);
        if (i.isReg()) {
            int d = c.use(i.rm, Reg.RCX);
            c.needFlags();
            c.legacyRR(op(0xff, size), group, d);
            c.flagsWritten();
            c.done(i.rm, d);
            return;
        }
        c.operand(i, size, true);
        // Flags come back by way of RAX.
        c.mov64(Reg.RCX, Reg.RAX);
        c.needFlags();
        if (i.lock) {
            c.lock();
        }
        c.legacyRM(op(0xff, size), group, at(Reg.RCX), 0);
        c.flagsWritten();
        c.resumeHere();
    }

    void imul(Insn i) {
        int size = i.opSize;
        if (i.isReg()) {
            int s = c.use(i.rm, Reg.RDX);
            int d = c.use(i.reg, Reg.RCX);
            c.legacyRR(op0f(0xaf, size), d, s);
            c.flagsWritten();
            c.done(i.reg, d);
            return;
        }
        c.operand(i, size, false);
        int d = c.use(i.reg, Reg.RCX);
        c.legacyRM(op0f(0xaf, size), d, at(Reg.RAX), 0);
        c.flagsWritten();
        c.done(i.reg, d);
        c.resumeHere();
    }
}
