package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Alu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/**
 * Two-operand arithmetic. The operations and forms that fill real programs have a class each, so that a call site inside
 * does one thing; the rest share the general ones.
 */
final class AluOps {
    private AluOps() {}

    /** Register and register or immediate, 64 bits: the operand's offset points at a register. */
    abstract static class Reg64 extends Op {
        final int dst;
        final int src;

        Reg64(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        static Op of(int op, int dst, int src) {
            switch (op) {
                case Alu.ADD:
                    return new AddReg64(dst, src);
                case Alu.SUB:
                    return new SubReg64(dst, src);
                case Alu.CMP:
                    return new CmpReg64(dst, src);
                case Alu.AND:
                    return new AndReg64(dst, src);
                case Alu.OR:
                    return new OrReg64(dst, src);
                case Alu.XOR:
                    return new XorReg64(dst, src);
                case Alu.TEST:
                    return new TestReg64(dst, src);
                default:
                    return new RegReg(op, dst, src, 8);
            }
        }
    }

    static final class AddReg64 extends Reg64 {
        AddReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.add64(s, OffHeap.getLong(d), OffHeap.getLong(s.base + src)));
        }
    }

    static final class SubReg64 extends Reg64 {
        SubReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.sub64(s, OffHeap.getLong(d), OffHeap.getLong(s.base + src)));
        }
    }

    static final class CmpReg64 extends Reg64 {
        CmpReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.sub64(s, OffHeap.getLong(s.base + dst), OffHeap.getLong(s.base + src));
        }
    }

    static final class AndReg64 extends Reg64 {
        AndReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.logic64(s, OffHeap.getLong(d) & OffHeap.getLong(s.base + src)));
        }
    }

    static final class OrReg64 extends Reg64 {
        OrReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.logic64(s, OffHeap.getLong(d) | OffHeap.getLong(s.base + src)));
        }
    }

    static final class XorReg64 extends Reg64 {
        XorReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.logic64(s, OffHeap.getLong(d) ^ OffHeap.getLong(s.base + src)));
        }
    }

    static final class TestReg64 extends Reg64 {
        TestReg64(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.logic64(s, OffHeap.getLong(s.base + dst) & OffHeap.getLong(s.base + src));
        }
    }

    /** Register and register, 32 bits. */
    abstract static class Reg32 extends Op {
        final int dst;
        final int src;

        Reg32(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        static Op of(int op, int dst, int src) {
            switch (op) {
                case Alu.ADD:
                    return new AddReg32(dst, src);
                case Alu.SUB:
                    return new SubReg32(dst, src);
                case Alu.CMP:
                    return new CmpReg32(dst, src);
                case Alu.AND:
                    return new AndReg32(dst, src);
                case Alu.OR:
                    return new OrReg32(dst, src);
                case Alu.XOR:
                    return dst == src ? new ZeroReg(dst) : new XorReg32(dst, src);
                case Alu.TEST:
                    return new TestReg32(dst, src);
                default:
                    return new RegReg(op, dst, src, 4);
            }
        }
    }

    static final class AddReg32 extends Reg32 {
        AddReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.add32(s, Regs.get32(s, dst), Regs.get32(s, src)));
        }
    }

    static final class SubReg32 extends Reg32 {
        SubReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.sub32(s, Regs.get32(s, dst), Regs.get32(s, src)));
        }
    }

    static final class CmpReg32 extends Reg32 {
        CmpReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.sub32(s, Regs.get32(s, dst), Regs.get32(s, src));
        }
    }

    static final class AndReg32 extends Reg32 {
        AndReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.logic32(s, Regs.get32(s, dst) & Regs.get32(s, src)));
        }
    }

    static final class OrReg32 extends Reg32 {
        OrReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.logic32(s, Regs.get32(s, dst) | Regs.get32(s, src)));
        }
    }

    static final class XorReg32 extends Reg32 {
        XorReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.logic32(s, Regs.get32(s, dst) ^ Regs.get32(s, src)));
        }
    }

    static final class TestReg32 extends Reg32 {
        TestReg32(int dst, int src) {
            super(dst, src);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.logic32(s, Regs.get32(s, dst) & Regs.get32(s, src));
        }
    }

    /** XOR of a register with itself. */
    static final class ZeroReg extends Op {
        private final int dst;

        ZeroReg(int dst) {
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, 0);
            Alu.logic32(s, 0);
        }
    }

    /** Register and register, any size and operation. */
    static final class RegReg extends Op {
        private final int op;
        private final int dst;
        private final int src;
        private final int size;

        RegReg(int op, int dst, int src, int size) {
            this.op = op;
            this.dst = dst;
            this.src = src;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long r = Alu.op(s, op, size, Regs.read(s, dst, size), Regs.read(s, src, size));
            if (!Alu.comparesOnly(op)) {
                Regs.write(s, dst, size, r);
            }
        }
    }

    /** Register and immediate, 64 bits. */
    abstract static class Imm64 extends Op {
        final int dst;
        final long imm;

        Imm64(int dst, long imm) {
            this.dst = dst;
            this.imm = imm;
        }

        static Op of(int op, int dst, long imm) {
            switch (op) {
                case Alu.ADD:
                    return new AddImm64(dst, imm);
                case Alu.SUB:
                    return new SubImm64(dst, imm);
                case Alu.CMP:
                    return new CmpImm64(dst, imm);
                case Alu.AND:
                    return new AndImm64(dst, imm);
                default:
                    return new RegImm(op, dst, imm, 8);
            }
        }
    }

    static final class AddImm64 extends Imm64 {
        AddImm64(int dst, long imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.add64(s, OffHeap.getLong(d), imm));
        }
    }

    static final class SubImm64 extends Imm64 {
        SubImm64(int dst, long imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.sub64(s, OffHeap.getLong(d), imm));
        }
    }

    static final class CmpImm64 extends Imm64 {
        CmpImm64(int dst, long imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.sub64(s, OffHeap.getLong(s.base + dst), imm);
        }
    }

    static final class AndImm64 extends Imm64 {
        AndImm64(int dst, long imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.logic64(s, OffHeap.getLong(d) & imm));
        }
    }

    /** Register and immediate, 32 bits. */
    abstract static class Imm32 extends Op {
        final int dst;
        final int imm;

        Imm32(int dst, int imm) {
            this.dst = dst;
            this.imm = imm;
        }

        static Op of(int op, int dst, int imm) {
            switch (op) {
                case Alu.ADD:
                    return new AddImm32(dst, imm);
                case Alu.SUB:
                    return new SubImm32(dst, imm);
                case Alu.CMP:
                    return new CmpImm32(dst, imm);
                case Alu.AND:
                    return new AndImm32(dst, imm);
                case Alu.TEST:
                    return new TestImm32(dst, imm);
                default:
                    return new RegImm(op, dst, imm, 4);
            }
        }
    }

    static final class AddImm32 extends Imm32 {
        AddImm32(int dst, int imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.add32(s, Regs.get32(s, dst), imm));
        }
    }

    static final class SubImm32 extends Imm32 {
        SubImm32(int dst, int imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.sub32(s, Regs.get32(s, dst), imm));
        }
    }

    static final class CmpImm32 extends Imm32 {
        CmpImm32(int dst, int imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.sub32(s, Regs.get32(s, dst), imm);
        }
    }

    static final class AndImm32 extends Imm32 {
        AndImm32(int dst, int imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.logic32(s, Regs.get32(s, dst) & imm));
        }
    }

    static final class TestImm32 extends Imm32 {
        TestImm32(int dst, int imm) {
            super(dst, imm);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Alu.logic32(s, Regs.get32(s, dst) & imm);
        }
    }

    /** Register and immediate, any size and operation. */
    static final class RegImm extends Op {
        private final int op;
        private final int dst;
        private final long imm;
        private final int size;

        RegImm(int op, int dst, long imm, int size) {
            this.op = op;
            this.dst = dst;
            this.imm = imm;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long r = Alu.op(s, op, size, Regs.read(s, dst, size), imm);
            if (!Alu.comparesOnly(op)) {
                Regs.write(s, dst, size, r);
            }
        }
    }

    /** Register op= memory, 64 bits. */
    static final class RegMem64 extends MemOp {
        private final int op;
        private final int dst;

        RegMem64(BlockContext b, Insn i, int op, int dst) {
            super(b, i);
            this.op = op;
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = m.load64(ea(s, m, 8, false));
            long d = s.base + dst;
            OffHeap.putLong(d, Alu.op64(s, op, OffHeap.getLong(d), v));
        }
    }

    /** Register op= memory, any size. */
    static final class RegMem extends MemOp {
        private final int op;
        private final int dst;
        private final int size;

        RegMem(BlockContext b, Insn i, int op, int dst, int size) {
            super(b, i);
            this.op = op;
            this.dst = dst;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = Regs.load(m, ea(s, m, size, false), size);
            long r = Alu.op(s, op, size, Regs.read(s, dst, size), v);
            if (!Alu.comparesOnly(op)) {
                Regs.write(s, dst, size, r);
            }
        }
    }

    /** CMP and TEST of memory with a register or (register offset -1) an immediate. */
    static final class CompareMem extends MemOp {
        private final int op;
        private final int reg;
        private final long imm;
        private final int size;

        CompareMem(BlockContext b, Insn i, int op, int reg, long imm, int size) {
            super(b, i);
            this.op = op;
            this.reg = reg;
            this.imm = imm;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = Regs.load(m, ea(s, m, size, false), size);
            Alu.op(s, op, size, v, reg < 0 ? imm : Regs.read(s, reg, size));
        }
    }

    /** Memory op= register or (register offset -1) immediate; the one-operand operations too. */
    static final class MemModify extends RmOp {
        private final int op;
        private final int reg;
        private final long imm;

        MemModify(BlockContext b, Insn i, int op, int reg, long imm, int size) {
            super(b, i, size);
            this.op = op;
            this.reg = reg;
            this.imm = imm;
        }

        @Override
        boolean usesCarry() {
            return op == Alu.ADC || op == Alu.SBB;
        }

        @Override
        long modify(CpuState s, long value) {
            return Alu.op(s, op, size, value, reg < 0 ? imm : Regs.read(s, reg, size));
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            readModifyWrite(s, m);
        }
    }

    static final class Inc32 extends Op {
        private final int dst;

        Inc32(int dst) {
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.inc32(s, Regs.get32(s, dst)));
        }
    }

    static final class Inc64 extends Op {
        private final int dst;

        Inc64(int dst) {
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put64(s, dst, Alu.inc64(s, Regs.get64(s, dst)));
        }
    }

    static final class Dec32 extends Op {
        private final int dst;

        Dec32(int dst) {
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put32(s, dst, Alu.dec32(s, Regs.get32(s, dst)));
        }
    }

    static final class Dec64 extends Op {
        private final int dst;

        Dec64(int dst) {
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.put64(s, dst, Alu.dec64(s, Regs.get64(s, dst)));
        }
    }
}
