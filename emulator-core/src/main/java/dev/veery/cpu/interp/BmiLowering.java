package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.BitFields;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Feature;
import dev.veery.cpu.state.Flags;
import org.jspecify.annotations.Nullable;

/** BMI1 and BMI2: instructions with VEX on general registers (SDM vol. 2). TZCNT and LZCNT have no VEX: {@link BitOps}. */
final class BmiLowering {
    /** Operations on ModRM.rm and VEX.vvvv with the result in ModRM.reg. */
    private static final int ANDN = 0;

    private static final int BEXTR = 1;
    private static final int BZHI = 2;
    private static final int PDEP = 3;
    private static final int PEXT = 4;
    private static final int SHLX = 5;
    private static final int SHRX = 6;
    private static final int SARX = 7;

    /** RORX: the immediate in place of VEX.vvvv. */
    private static final int RORX = 8;

    private BmiLowering() {}

    /** The op of {@code i}, which has a VEX prefix; null when it is none of these or the processor does not have it. */
    static @Nullable Op lower(BlockContext b, Insn i) {
        if (i.vexL) {
            return null;
        }
        int prefix = i.simdPrefix();
        if (i.map == Insn.MAP_VEX_0F3A) {
            boolean rorx = i.opcode == 0xf0 && prefix == 0xf2 && i.vvvv == 0;
            return rorx && b.model().has(Feature.BMI2) ? new Field(b, i, RORX) : null;
        }
        if (i.map != Insn.MAP_VEX_0F38) {
            return null;
        }
        switch (i.opcode) {
            case 0xf2:
                return prefix == 0 && b.model().has(Feature.BMI1) ? new Field(b, i, ANDN) : null;
            case 0xf3: {
                int group = i.modrm >> 3 & 7;
                boolean known = prefix == 0 && group >= 1 && group <= 3;
                return known && b.model().has(Feature.BMI1) ? new Lowest(b, i, group) : null;
            }
            case 0xf5:
                return field(b, i, prefix, BZHI, -1, PEXT, PDEP);
            case 0xf6:
                return prefix == 0xf2 && b.model().has(Feature.BMI2) ? new Multiply(b, i) : null;
            case 0xf7:
                return field(b, i, prefix, BEXTR, SHLX, SARX, SHRX);
            default:
                return null;
        }
    }

    private static @Nullable Op field(BlockContext b, Insn i, int prefix, int none, int p66, int f3, int f2) {
        int op = prefix == 0 ? none : prefix == 0x66 ? p66 : prefix == 0xf3 ? f3 : f2;
        Feature needed = op == BEXTR ? Feature.BMI1 : Feature.BMI2;
        return op >= 0 && b.model().has(needed) ? new Field(b, i, op) : null;
    }

    /** Sets the flags: AF and PF, which are undefined, are 0. */
    private static void flags(CpuState s, long result, int size, boolean carry) {
        boolean negative = (result >>> size * 8 - 1 & 1) != 0;
        Flags.setArithmetic(s, (result == 0 ? Cr.ZF : 0) | (negative ? Cr.SF : 0) | (carry ? Cr.CF : 0));
    }

    private static final class Field extends RmOp {
        private final int op;
        private final int dst;
        private final int other;
        private final int count;

        Field(BlockContext b, Insn i, int op) {
            super(b, i, i.opSize);
            this.op = op;
            dst = CpuState.GPR + 8 * i.reg;
            other = CpuState.GPR + 8 * i.vvvv;
            count = (int) i.imm & i.opSize * 8 - 1;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            long w = Regs.read(s, other, size);
            int by = (int) w & size * 8 - 1;
            long r;
            switch (op) {
                case ANDN:
                    r = v & ~w;
                    flags(s, r, size, false);
                    break;
                case BEXTR:
                    r = BitFields.extract(v, w);
                    flags(s, r, size, false);
                    break;
                case BZHI: {
                    int index = (int) w & 0xff;
                    r = BitFields.zeroHigh(v, index);
                    flags(s, r, size, index > size * 8 - 1);
                    break;
                }
                case PDEP:
                    r = BitFields.deposit(w, v);
                    break;
                case PEXT:
                    r = BitFields.gather(w, v);
                    break;
                case SHLX:
                    r = v << by;
                    break;
                case SHRX:
                    r = v >>> by;
                    break;
                case SARX:
                    r = Regs.signExtend(v, size) >> by;
                    break;
                default:
                    r = size == 8 ? Long.rotateRight(v, count) : Integer.rotateRight((int) v, count);
                    break;
            }
            Regs.write(s, dst, size, r);
        }
    }

    /** BLSR, BLSMSK and BLSI. */
    private static final class Lowest extends RmOp {
        private final int group;
        private final int dst;

        Lowest(BlockContext b, Insn i, int group) {
            super(b, i, i.opSize);
            this.group = group;
            dst = CpuState.GPR + 8 * i.vvvv;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            long all = size == 8 ? -1L : 0xffff_ffffL;
            long r = (group == 1 ? v & v - 1 : group == 2 ? v ^ v - 1 : v & -v) & all;
            flags(s, r, size, group == 3 ? v != 0 : v == 0);
            Regs.write(s, dst, size, r);
        }
    }

    private static final class Multiply extends RmOp {
        private final int high;
        private final int low;

        Multiply(BlockContext b, Insn i) {
            super(b, i, i.opSize);
            high = CpuState.GPR + 8 * i.reg;
            low = CpuState.GPR + 8 * i.vvvv;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            long w = Regs.read(s, Regs.RDX, size);
            // Where both are the same register, the upper half is what remains.
            Regs.write(s, low, size, v * w);
            Regs.write(s, high, size, size == 8 ? unsignedHigh(v, w) : v * w >>> 32);
        }

        private static long unsignedHigh(long a, long b) {
            return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
        }
    }
}
