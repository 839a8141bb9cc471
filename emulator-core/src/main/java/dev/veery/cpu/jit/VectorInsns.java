package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.Emitter.op;

import dev.veery.cpu.decode.Insn;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/** SSE: guest register n is host register n from the first block that uses vectors to the return to Java. */
final class VectorInsns {
    private final BlockCompiler c;

    VectorInsns(BlockCompiler compiler) {
        c = compiler;
    }

    /** The opcode as {@link Op} has it. */
    private static int vectorOp(Insn i) {
        return Op.legacy(i.simdPrefix(), i.map, i.opcode) | (i.rexW() ? Op.W : 0);
    }

    /** Host address of the vector operand into RAX. */
    private void vectorOperand(Insn i, int form, int size, boolean write) {
        int label = c.slow();
        c.address(i, true);
        if ((form & VectorForms.ALIGNED) != 0) {
            // The interpreter raises #GP.
            c.legacyRR(op(0xf6, 1), 0, Reg.RAX);
            c.emit8(15);
            c.jcc(Cond.NE, label);
        }
        c.probe(size, write, label);
    }

    void vector(Insn i, int form) {
        int kind = form & VectorForms.KIND;
        boolean write = kind == VectorForms.STORE || kind == VectorForms.TO_GENERAL;
        if (!i.isReg()) {
            vectorOperand(i, form, VectorForms.size(form, i), write);
        }
        switch (kind) {
            case VectorForms.FROM_GENERAL:
            case VectorForms.INSERT:
                if (i.isReg()) {
                    c.legacyRR(vectorOp(i), i.reg, c.use(i.rm, Reg.RCX));
                    immediate(i, form);
                } else {
                    asItIs(i, form);
                }
                break;
            case VectorForms.TO_GENERAL:
                if (i.isReg()) {
                    int d = c.target(i.rm, Reg.RCX);
                    c.legacyRR(vectorOp(i), i.reg, d);
                    immediate(i, form);
                    c.done(i.rm, d);
                } else {
                    asItIs(i, form);
                }
                break;
            case VectorForms.GENERAL: {
                int d = c.target(i.reg, Reg.RCX);
                if (i.isReg()) {
                    c.legacyRR(vectorOp(i), d, i.rm);
                } else {
                    c.legacyRM(vectorOp(i), d, at(Reg.RAX), 0);
                }
                immediate(i, form);
                c.done(i.reg, d);
                break;
            }
            default:
                asItIs(i, form);
                break;
        }
        if (kind == VectorForms.COMPARE) {
            c.flagsWritten();
        }
        if (!i.isReg()) {
            c.resumeHere();
        }
    }

    /** The instruction itself, on the same vector registers or with the memory operand at RAX. */
    private void asItIs(Insn i, int form) {
        if (i.isReg()) {
            c.legacyRR(vectorOp(i), i.reg, i.rm);
        } else {
            boolean streams = (form & VectorForms.STREAM) != 0;
            c.legacyRM(
                    streams ? Op.MOVUPS_STORE : vectorOp(i), i.reg, at(Reg.RAX), (form & VectorForms.IMM) != 0 ? 1 : 0);
        }
        immediate(i, form);
    }

    private void immediate(Insn i, int form) {
        if ((form & VectorForms.IMM) != 0) {
            c.emit8((int) i.imm);
        }
    }
}
