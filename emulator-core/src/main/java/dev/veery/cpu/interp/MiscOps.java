package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Decimal;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/** Small instructions that fit nowhere else. */
final class MiscOps {
    private MiscOps() {}

    /** CLC, STC, CMC. */
    static final class CarryFlag extends Op {
        private final int how;

        CarryFlag(int how) {
            this.how = how;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Flags.setCarry(s, how == 2 ? !Flags.carry(s) : how == 1);
        }
    }

    /** CLD, STD. */
    static final class DirectionFlag extends Op {
        private final boolean set;

        DirectionFlag(boolean set) {
            this.set = set;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            s.rflags = set ? s.rflags | Cr.DF : s.rflags & ~Cr.DF;
        }
    }

    static final class Lahf extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.write(s, Regs.RAX + 1, 1, s.flags() & 0xff);
        }
    }

    static final class Sahf extends Op {
        private static final int LOADED = Cr.SF | Cr.ZF | Cr.AF | Cr.PF | Cr.CF;

        @Override
        public void exec(CpuState s, Mmu m) {
            int ah = (int) Regs.read(s, Regs.RAX + 1, 1);
            Flags.setArithmetic(s, s.flags() & Cr.OF | ah & LOADED);
        }
    }

    /** Undocumented, but on every processor: AL becomes 0 or FFh as CF says. */
    static final class Salc extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.write(s, Regs.RAX, 1, Flags.carry(s) ? 0xff : 0);
        }
    }

    static final class DecimalAdjust extends Op {
        private final int opcode;
        private final int base;

        DecimalAdjust(int opcode, int base) {
            this.opcode = opcode;
            this.base = base;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            switch (opcode) {
                case 0x27:
                    Decimal.daa(s);
                    break;
                case 0x2f:
                    Decimal.das(s);
                    break;
                case 0x37:
                    Decimal.aaa(s);
                    break;
                case 0x3f:
                    Decimal.aas(s);
                    break;
                case 0xd4:
                    Decimal.aam(s, base);
                    break;
                default:
                    Decimal.aad(s, base);
                    break;
            }
        }
    }

    static final class Xlat extends Op {
        private final int seg;
        private final long mask;

        Xlat(BlockContext b, Insn i) {
            seg = i.segOverride >= 0 ? i.segOverride : Seg.DS;
            mask = i.addrSize == 8 ? -1L : i.addrSize == 4 ? 0xffff_ffffL : 0xffffL;
        }

        @Override
        boolean throughStack() {
            return seg == Seg.SS;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long offset = Regs.get64(s, Regs.RBX) + Regs.read(s, Regs.RAX, 1) & mask;
            Regs.write(s, Regs.RAX, 1, m.load8(m.linear(seg, offset, 1, false)));
        }
    }

    /** BOUND: two signed limits in memory. */
    static final class Bound extends MemOp {
        private final int reg;
        private final int size;

        Bound(BlockContext b, Insn i) {
            super(b, i);
            size = i.opSize;
            reg = Regs.offset(i, i.reg, size);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long a = ea(s, m, 2 * size, false);
            long low = Regs.signExtend(Regs.load(m, a, size), size);
            long index = Regs.signExtend(Regs.read(s, reg, size), size);
            // The upper bound is not read when the index is below the lower one.
            if (index < low || index > Regs.signExtend(Regs.load(m, a + size, size), size)) {
                throw s.raise(Vector.BR, 0);
            }
        }
    }
}
