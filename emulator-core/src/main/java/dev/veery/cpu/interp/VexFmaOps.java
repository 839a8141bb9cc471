package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.SoftFma;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** FMA: the opcode's upper digit names the order of the operands, the lower one the operation (SDM vol. 2, VFMADD132PD). */
final class VexFmaOps {
    private static final int ADDSUB = 6;
    private static final int SUBADD = 7;

    private VexFmaOps() {}

    /** The op of {@code i}, map 0F38 with an opcode of 96h to BFh whose lower digit is at least 6. */
    static Op lower(BlockContext b, Insn i, int width, int size) {
        int low = i.opcode & 0xf;
        boolean scalar = low >= 9 && (low & 1) != 0;
        return i.rexW() ? new Duals(b, i, width, size, scalar) : new Singles(b, i, width, size, scalar);
    }

    private abstract static class Fused extends VexOp {
        /** 9: {@code dst * src + first}; A: {@code first * dst + src}; B: {@code first * src + dst}. */
        final int order;

        final boolean scalar;
        final boolean negateProduct;
        private final int operation;

        Fused(BlockContext b, Insn i, int width, int size, boolean scalar) {
            super(b, i, width, size);
            order = i.opcode >> 4;
            operation = i.opcode & 0xf;
            this.scalar = scalar;
            negateProduct = operation >= 0xc;
        }

        /** Whether the addend of element {@code n} is subtracted. */
        final boolean negatesAddend(int n) {
            switch (operation) {
                case ADDSUB:
                    return (n & 1) == 0;
                case SUBADD:
                    return (n & 1) != 0;
                default:
                    return (operation & 2) != 0;
            }
        }
    }

    private static final class Singles extends Fused {
        Singles(BlockContext b, Insn i, int width, int size, boolean scalar) {
            super(b, i, width, size, scalar);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long third = source(s, m);
            long one = s.base + dst;
            long two = s.base + first;
            long out = s.base + RESULT;
            long x = order == 9 ? one : two;
            long y = order == 0xa ? one : third;
            long z = order == 9 ? two : order == 0xa ? third : one;
            if (scalar) {
                copy16(one, out);
            }
            FloatEnv e = VectorAccess.environment(s);
            int count = scalar ? 1 : width / 4;
            for (int n = 0; n < count; n++) {
                int at = 4 * n;
                OffHeap.putInt(
                        out + at,
                        SoftFma.single(
                                OffHeap.getInt(x + at),
                                OffHeap.getInt(y + at),
                                OffHeap.getInt(z + at),
                                negateProduct,
                                negatesAddend(n),
                                e));
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, width);
        }
    }

    private static final class Duals extends Fused {
        Duals(BlockContext b, Insn i, int width, int size, boolean scalar) {
            super(b, i, width, size, scalar);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long third = source(s, m);
            long one = s.base + dst;
            long two = s.base + first;
            long out = s.base + RESULT;
            long x = order == 9 ? one : two;
            long y = order == 0xa ? one : third;
            long z = order == 9 ? two : order == 0xa ? third : one;
            if (scalar) {
                copy16(one, out);
            }
            FloatEnv e = VectorAccess.environment(s);
            int count = scalar ? 1 : width / 8;
            for (int n = 0; n < count; n++) {
                int at = 8 * n;
                OffHeap.putLong(
                        out + at,
                        SoftFma.dual(
                                OffHeap.getLong(x + at),
                                OffHeap.getLong(y + at),
                                OffHeap.getLong(z + at),
                                negateProduct,
                                negatesAddend(n),
                                e));
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, width);
        }
    }
}
