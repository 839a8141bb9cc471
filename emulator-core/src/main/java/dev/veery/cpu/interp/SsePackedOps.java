package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;
import org.jspecify.annotations.Nullable;

/** Packed sums, differences and products, by {@link SseFastPath} where it allows for every element. */
final class SsePackedOps {
    private SsePackedOps() {}

    /** The op of single-precision operation {@code op}, or null. */
    static @Nullable Op singles(BlockContext b, Insn i, int op) {
        switch (op) {
            case SseArithmetic.ADD:
                return new Addps(b, i);
            case SseArithmetic.SUB:
                return new Subps(b, i);
            case SseArithmetic.MUL:
                return new Mulps(b, i);
            default:
                return null;
        }
    }

    /** The op of double-precision operation {@code op}, or null. */
    static @Nullable Op duals(BlockContext b, Insn i, int op) {
        switch (op) {
            case SseArithmetic.ADD:
                return new Addpd(b, i);
            case SseArithmetic.SUB:
                return new Subpd(b, i);
            case SseArithmetic.MUL:
                return new Mulpd(b, i);
            default:
                return null;
        }
    }

    private static final class Addps extends XmmSourceOp {
        Addps(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            int x0 = OffHeap.getInt(d);
            int x1 = OffHeap.getInt(d + 4);
            int x2 = OffHeap.getInt(d + 8);
            int x3 = OffHeap.getInt(d + 12);
            int y0 = OffHeap.getInt(b);
            int y1 = OffHeap.getInt(b + 4);
            int y2 = OffHeap.getInt(b + 8);
            int y3 = OffHeap.getInt(b + 12);
            int r0 = Float.floatToRawIntBits(Float.intBitsToFloat(x0) + Float.intBitsToFloat(y0));
            int r1 = Float.floatToRawIntBits(Float.intBitsToFloat(x1) + Float.intBitsToFloat(y1));
            int r2 = Float.floatToRawIntBits(Float.intBitsToFloat(x2) + Float.intBitsToFloat(y2));
            int r3 = Float.floatToRawIntBits(Float.intBitsToFloat(x3) + Float.intBitsToFloat(y3));
            if (SseFastPath.open(s)
                    && SseFastPath.sum(x0, y0, r0)
                    && SseFastPath.sum(x1, y1, r1)
                    && SseFastPath.sum(x2, y2, r2)
                    && SseFastPath.sum(x3, y3, r3)) {
                OffHeap.putInt(d, r0);
                OffHeap.putInt(d + 4, r1);
                OffHeap.putInt(d + 8, r2);
                OffHeap.putInt(d + 12, r3);
                return;
            }
            VectorOps.apply(s, VectorTable.PS, SseArithmetic.ADD, d, b, 0);
        }
    }

    private static final class Subps extends XmmSourceOp {
        Subps(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            int x0 = OffHeap.getInt(d);
            int x1 = OffHeap.getInt(d + 4);
            int x2 = OffHeap.getInt(d + 8);
            int x3 = OffHeap.getInt(d + 12);
            int y0 = OffHeap.getInt(b);
            int y1 = OffHeap.getInt(b + 4);
            int y2 = OffHeap.getInt(b + 8);
            int y3 = OffHeap.getInt(b + 12);
            int r0 = Float.floatToRawIntBits(Float.intBitsToFloat(x0) - Float.intBitsToFloat(y0));
            int r1 = Float.floatToRawIntBits(Float.intBitsToFloat(x1) - Float.intBitsToFloat(y1));
            int r2 = Float.floatToRawIntBits(Float.intBitsToFloat(x2) - Float.intBitsToFloat(y2));
            int r3 = Float.floatToRawIntBits(Float.intBitsToFloat(x3) - Float.intBitsToFloat(y3));
            if (SseFastPath.open(s)
                    && SseFastPath.sum(x0, y0, r0)
                    && SseFastPath.sum(x1, y1, r1)
                    && SseFastPath.sum(x2, y2, r2)
                    && SseFastPath.sum(x3, y3, r3)) {
                OffHeap.putInt(d, r0);
                OffHeap.putInt(d + 4, r1);
                OffHeap.putInt(d + 8, r2);
                OffHeap.putInt(d + 12, r3);
                return;
            }
            VectorOps.apply(s, VectorTable.PS, SseArithmetic.SUB, d, b, 0);
        }
    }

    private static final class Mulps extends XmmSourceOp {
        Mulps(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            int x0 = OffHeap.getInt(d);
            int x1 = OffHeap.getInt(d + 4);
            int x2 = OffHeap.getInt(d + 8);
            int x3 = OffHeap.getInt(d + 12);
            int y0 = OffHeap.getInt(b);
            int y1 = OffHeap.getInt(b + 4);
            int y2 = OffHeap.getInt(b + 8);
            int y3 = OffHeap.getInt(b + 12);
            int r0 = Float.floatToRawIntBits(Float.intBitsToFloat(x0) * Float.intBitsToFloat(y0));
            int r1 = Float.floatToRawIntBits(Float.intBitsToFloat(x1) * Float.intBitsToFloat(y1));
            int r2 = Float.floatToRawIntBits(Float.intBitsToFloat(x2) * Float.intBitsToFloat(y2));
            int r3 = Float.floatToRawIntBits(Float.intBitsToFloat(x3) * Float.intBitsToFloat(y3));
            if (SseFastPath.open(s)
                    && SseFastPath.product(x0, y0, r0)
                    && SseFastPath.product(x1, y1, r1)
                    && SseFastPath.product(x2, y2, r2)
                    && SseFastPath.product(x3, y3, r3)) {
                OffHeap.putInt(d, r0);
                OffHeap.putInt(d + 4, r1);
                OffHeap.putInt(d + 8, r2);
                OffHeap.putInt(d + 12, r3);
                return;
            }
            VectorOps.apply(s, VectorTable.PS, SseArithmetic.MUL, d, b, 0);
        }
    }

    private static final class Addpd extends XmmSourceOp {
        Addpd(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            long x0 = OffHeap.getLong(d);
            long x1 = OffHeap.getLong(d + 8);
            long y0 = OffHeap.getLong(b);
            long y1 = OffHeap.getLong(b + 8);
            long r0 = Double.doubleToRawLongBits(Double.longBitsToDouble(x0) + Double.longBitsToDouble(y0));
            long r1 = Double.doubleToRawLongBits(Double.longBitsToDouble(x1) + Double.longBitsToDouble(y1));
            if (SseFastPath.open(s) && SseFastPath.sum(x0, y0, r0) && SseFastPath.sum(x1, y1, r1)) {
                OffHeap.putLong(d, r0);
                OffHeap.putLong(d + 8, r1);
                return;
            }
            VectorOps.apply(s, VectorTable.PD, SseArithmetic.ADD, d, b, 0);
        }
    }

    private static final class Subpd extends XmmSourceOp {
        Subpd(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            long x0 = OffHeap.getLong(d);
            long x1 = OffHeap.getLong(d + 8);
            long y0 = OffHeap.getLong(b);
            long y1 = OffHeap.getLong(b + 8);
            long r0 = Double.doubleToRawLongBits(Double.longBitsToDouble(x0) - Double.longBitsToDouble(y0));
            long r1 = Double.doubleToRawLongBits(Double.longBitsToDouble(x1) - Double.longBitsToDouble(y1));
            if (SseFastPath.open(s) && SseFastPath.sum(x0, y0, r0) && SseFastPath.sum(x1, y1, r1)) {
                OffHeap.putLong(d, r0);
                OffHeap.putLong(d + 8, r1);
                return;
            }
            VectorOps.apply(s, VectorTable.PD, SseArithmetic.SUB, d, b, 0);
        }
    }

    private static final class Mulpd extends XmmSourceOp {
        Mulpd(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            long x0 = OffHeap.getLong(d);
            long x1 = OffHeap.getLong(d + 8);
            long y0 = OffHeap.getLong(b);
            long y1 = OffHeap.getLong(b + 8);
            long r0 = Double.doubleToRawLongBits(Double.longBitsToDouble(x0) * Double.longBitsToDouble(y0));
            long r1 = Double.doubleToRawLongBits(Double.longBitsToDouble(x1) * Double.longBitsToDouble(y1));
            if (SseFastPath.open(s) && SseFastPath.product(x0, y0, r0) && SseFastPath.product(x1, y1, r1)) {
                OffHeap.putLong(d, r0);
                OffHeap.putLong(d + 8, r1);
                return;
            }
            VectorOps.apply(s, VectorTable.PD, SseArithmetic.MUL, d, b, 0);
        }
    }
}
