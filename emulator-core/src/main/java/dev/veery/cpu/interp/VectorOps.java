package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.PackedLanes;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.semantics.SsePacked;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** Any operation of {@link VectorTable} with an XMM destination and an XMM or memory source. */
final class VectorOps {
    private VectorOps() {}

    /** Applies {@code op} in its shape to 16 bytes at host addresses. */
    static void apply(CpuState s, int shape, int op, long dst, long src, int imm) {
        switch (shape) {
            case VectorTable.LANES:
                put(
                        dst,
                        PackedLanes.apply(op, OffHeap.getLong(dst), OffHeap.getLong(src)),
                        PackedLanes.apply(op, OffHeap.getLong(dst + 8), OffHeap.getLong(src + 8)));
                break;
            case VectorTable.PAIRS:
                put(
                        dst,
                        PackedLanes.apply(op, OffHeap.getLong(dst), OffHeap.getLong(dst + 8)),
                        PackedLanes.apply(op, OffHeap.getLong(src), OffHeap.getLong(src + 8)));
                break;
            case VectorTable.LOWS:
                interleave(op, dst, OffHeap.getLong(dst), OffHeap.getLong(src));
                break;
            case VectorTable.HIGHS:
                interleave(op, dst, OffHeap.getLong(dst + 8), OffHeap.getLong(src + 8));
                break;
            case VectorTable.SHIFTS:
                shift(op, dst, OffHeap.getLong(src));
                break;
            case VectorTable.WIDE:
                PackedWide.apply(op, dst, src, imm, s.base + CpuState.XMM);
                break;
            default:
                arithmetic(s, shape, op, dst, src, imm);
                break;
        }
    }

    private static void put(long dst, long low, long high) {
        OffHeap.putLong(dst, low);
        OffHeap.putLong(dst + 8, high);
    }

    private static void interleave(int op, long dst, long a, long b) {
        put(dst, PackedLanes.apply(op, a, b), PackedLanes.apply(op + 1, a, b));
    }

    private static void shift(int op, long dst, long count) {
        put(
                dst,
                PackedLanes.apply(op, OffHeap.getLong(dst), count),
                PackedLanes.apply(op, OffHeap.getLong(dst + 8), count));
    }

    private static void arithmetic(CpuState s, int shape, int op, long dst, long src, int imm) {
        FloatEnv e = VectorAccess.environment(s);
        switch (shape) {
            case VectorTable.PS:
                singles(s, op, dst, src, imm, e);
                break;
            case VectorTable.PD:
                long low = SseArithmetic.dual(op, OffHeap.getLong(dst), OffHeap.getLong(src), imm, e);
                long high = SseArithmetic.dual(op, OffHeap.getLong(dst + 8), OffHeap.getLong(src + 8), imm, e);
                VectorAccess.simdExceptions(s);
                put(dst, low, high);
                break;
            case VectorTable.SS:
                int single = SseArithmetic.single(op, OffHeap.getInt(dst), OffHeap.getInt(src), imm, e);
                VectorAccess.simdExceptions(s);
                OffHeap.putInt(dst, single);
                break;
            case VectorTable.SD:
                long dual = SseArithmetic.dual(op, OffHeap.getLong(dst), OffHeap.getLong(src), imm, e);
                VectorAccess.simdExceptions(s);
                OffHeap.putLong(dst, dual);
                break;
            default:
                long out = s.base + CpuState.SCRATCH2;
                int earlier = SsePacked.apply(op, out, dst, src, imm, e);
                if (earlier != 0) {
                    s.setField(CpuState.MXCSR, s.field(CpuState.MXCSR) | earlier);
                }
                VectorAccess.simdExceptions(s);
                put(dst, OffHeap.getLong(out), OffHeap.getLong(out + 8));
                break;
        }
    }

    private static void singles(CpuState s, int op, long dst, long src, int imm, FloatEnv e) {
        int r0 = SseArithmetic.single(op, OffHeap.getInt(dst), OffHeap.getInt(src), imm, e);
        int r1 = SseArithmetic.single(op, OffHeap.getInt(dst + 4), OffHeap.getInt(src + 4), imm, e);
        int r2 = SseArithmetic.single(op, OffHeap.getInt(dst + 8), OffHeap.getInt(src + 8), imm, e);
        int r3 = SseArithmetic.single(op, OffHeap.getInt(dst + 12), OffHeap.getInt(src + 12), imm, e);
        VectorAccess.simdExceptions(s);
        OffHeap.putInt(dst, r0);
        OffHeap.putInt(dst + 4, r1);
        OffHeap.putInt(dst + 8, r2);
        OffHeap.putInt(dst + 12, r3);
    }

    /** Any operation in any shape. */
    static final class Any extends XmmSourceOp {
        private final int shape;
        private final int op;
        private final int imm;

        Any(BlockContext b, Insn i, int entry, int size, int imm) {
            super(b, i, size);
            shape = VectorTable.shape(entry);
            op = VectorTable.op(entry);
            this.imm = imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            apply(s, shape, op, s.base + dst, src, imm);
        }
    }

    /** Operations on lanes that stay in place, without the way through the shapes. */
    static final class Lanes extends XmmSourceOp {
        private final int op;

        Lanes(BlockContext b, Insn i, int op) {
            super(b, i, 16);
            this.op = op;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            put(
                    d,
                    PackedLanes.apply(op, OffHeap.getLong(d), OffHeap.getLong(b)),
                    PackedLanes.apply(op, OffHeap.getLong(d + 8), OffHeap.getLong(b + 8)));
        }
    }

    /** Shift of both halves by an immediate count. */
    static final class ShiftImm extends Op {
        private final int op;
        private final int dst;
        private final int count;

        ShiftImm(int op, int dst, int count) {
            this.op = op;
            this.dst = dst;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            shift(op, s.base + dst, count);
        }
    }

    /** PSLLDQ and PSRLDQ. */
    static final class ShiftBytes extends Op {
        private final int op;
        private final int dst;
        private final int count;

        ShiftBytes(int op, int dst, int count) {
            this.op = op;
            this.dst = dst;
            this.count = count;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long d = s.base + dst;
            PackedWide.apply(op, d, d, count, s.base + CpuState.XMM);
        }
    }
}
