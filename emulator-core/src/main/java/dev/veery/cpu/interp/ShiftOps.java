package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.MulDiv;
import dev.veery.cpu.semantics.Shift;
import dev.veery.cpu.state.CpuState;

/** Shifts, rotates, double shifts, multiplications and divisions. */
final class ShiftOps {
    private ShiftOps() {}

    static final class ShlImm64 extends Op {
        private final int reg;
        private final int count;

        ShlImm64(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put64(s, reg, Shift.shl64(s, Regs.get64(s, reg), count));
        }
    }

    static final class ShlImm32 extends Op {
        private final int reg;
        private final int count;

        ShlImm32(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, reg, Shift.shl32(s, Regs.get32(s, reg), count));
        }
    }

    static final class ShrImm64 extends Op {
        private final int reg;
        private final int count;

        ShrImm64(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put64(s, reg, Shift.shr64(s, Regs.get64(s, reg), count));
        }
    }

    static final class ShrImm32 extends Op {
        private final int reg;
        private final int count;

        ShrImm32(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, reg, Shift.shr32(s, Regs.get32(s, reg), count));
        }
    }

    static final class SarImm64 extends Op {
        private final int reg;
        private final int count;

        SarImm64(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put64(s, reg, Shift.sar64(s, Regs.get64(s, reg), count));
        }
    }

    static final class SarImm32 extends Op {
        private final int reg;
        private final int count;

        SarImm32(int reg, int count) {
            this.reg = reg;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, reg, Shift.sar32(s, Regs.get32(s, reg), count));
        }
    }

    /** Any shift or rotate by an immediate or (count -1) by CL. */
    static final class ShiftRm extends RmOp {
        private final int op;
        private final int count;

        ShiftRm(BlockContext b, Insn i, int op, int count, int size) {
            super(b, i, size);
            this.op = op;
            this.count = count;
        }

        private int count(CpuState s) {
            return count < 0 ? Regs.get32(s, Regs.RCX) & 0xff : count;
        }

        @Override
        long modify(CpuState s, long value) {
            return Shift.op(s, op, size, value, count(s));
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            readModifyWrite(s, m);
        }
    }

    /** SHLD and SHRD. */
    static final class DoubleShift extends RmOp {
        private final boolean left;
        private final int reg;
        private final int count;

        DoubleShift(BlockContext b, Insn i, boolean left, int count) {
            super(b, i, i.opSize);
            this.left = left;
            reg = Regs.offset(i, i.reg, i.opSize);
            this.count = count;
        }

        @Override
        long modify(CpuState s, long value) {
            int c = count < 0 ? Regs.get32(s, Regs.RCX) & 0xff : count;
            long source = Regs.read(s, reg, size);
            return left ? Shift.shld(s, size, value, source, c) : Shift.shrd(s, size, value, source, c);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            readModifyWrite(s, m);
        }
    }

    /** IMUL with two operands, or (immediate form) three. */
    static final class Imul2 extends RmOp {
        private final int dst;
        private final boolean immediate;
        private final long imm;

        Imul2(BlockContext b, Insn i, int dst, boolean immediate) {
            super(b, i, i.opSize);
            this.dst = dst;
            this.immediate = immediate;
            imm = i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long a = read(s, m);
            Regs.write(s, dst, size, MulDiv.imul2(s, size, immediate ? imm : Regs.read(s, dst, size), a));
        }
    }

    /** MUL, IMUL, DIV and IDIV of the accumulator: /4 to /7 of group 3. */
    static final class MulDivRm extends RmOp {
        private final int op;

        MulDivRm(BlockContext b, Insn i, int op, int size) {
            super(b, i, size);
            this.op = op;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            switch (op) {
                case 4:
                    MulDiv.mul(s, size, v);
                    break;
                case 5:
                    MulDiv.imul(s, size, v);
                    break;
                case 6:
                    MulDiv.div(s, size, v);
                    break;
                default:
                    MulDiv.idiv(s, size, v);
                    break;
            }
        }
    }
}
