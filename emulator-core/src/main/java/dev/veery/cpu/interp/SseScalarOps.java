package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.SoftF32;
import dev.veery.cpu.semantics.SoftF64;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;
import org.jspecify.annotations.Nullable;

/** Scalar arithmetic, by {@link SseFastPath} where it allows. */
final class SseScalarOps {
    private SseScalarOps() {}

    /** The op of double-precision operation {@code op}, or null. */
    static @Nullable Op dual(BlockContext b, Insn i, int op) {
        switch (op) {
            case SseArithmetic.ADD:
                return new Addsd(b, i);
            case SseArithmetic.SUB:
                return new Subsd(b, i);
            case SseArithmetic.MUL:
                return new Mulsd(b, i);
            case SseArithmetic.DIV:
                return new Divsd(b, i);
            default:
                return null;
        }
    }

    /** The op of single-precision operation {@code op}, or null. */
    static @Nullable Op single(BlockContext b, Insn i, int op) {
        switch (op) {
            case SseArithmetic.ADD:
                return new Addss(b, i);
            case SseArithmetic.SUB:
                return new Subss(b, i);
            case SseArithmetic.MUL:
                return new Mulss(b, i);
            case SseArithmetic.DIV:
                return new Divss(b, i);
            default:
                return null;
        }
    }

    private static final class Addsd extends XmmSourceOp {
        Addsd(BlockContext b, Insn i) {
            super(b, i, 8);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = source8(s, m);
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            if (SseFastPath.open(s)) {
                long r = Double.doubleToRawLongBits(Double.longBitsToDouble(x) + Double.longBitsToDouble(y));
                if (SseFastPath.sum(x, y, r)) {
                    OffHeap.putLong(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            long r = SoftF64.add(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(d, r);
        }
    }

    private static final class Subsd extends XmmSourceOp {
        Subsd(BlockContext b, Insn i) {
            super(b, i, 8);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = source8(s, m);
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            if (SseFastPath.open(s)) {
                long r = Double.doubleToRawLongBits(Double.longBitsToDouble(x) - Double.longBitsToDouble(y));
                if (SseFastPath.sum(x, y, r)) {
                    OffHeap.putLong(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            long r = SoftF64.sub(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(d, r);
        }
    }

    private static final class Mulsd extends XmmSourceOp {
        Mulsd(BlockContext b, Insn i) {
            super(b, i, 8);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = source8(s, m);
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            if (SseFastPath.open(s)) {
                long r = Double.doubleToRawLongBits(Double.longBitsToDouble(x) * Double.longBitsToDouble(y));
                if (SseFastPath.product(x, y, r)) {
                    OffHeap.putLong(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            long r = SoftF64.mul(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(d, r);
        }
    }

    private static final class Divsd extends XmmSourceOp {
        Divsd(BlockContext b, Insn i) {
            super(b, i, 8);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = source8(s, m);
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            if (SseFastPath.open(s)) {
                long r = Double.doubleToRawLongBits(Double.longBitsToDouble(x) / Double.longBitsToDouble(y));
                if (SseFastPath.quotient(x, y, r)) {
                    OffHeap.putLong(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            long r = SoftF64.div(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(d, r);
        }
    }

    private static final class Addss extends XmmSourceOp {
        Addss(BlockContext b, Insn i) {
            super(b, i, 4);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int y = source4(s, m);
            long d = s.base + dst;
            int x = OffHeap.getInt(d);
            if (SseFastPath.open(s)) {
                int r = Float.floatToRawIntBits(Float.intBitsToFloat(x) + Float.intBitsToFloat(y));
                if (SseFastPath.sum(x, y, r)) {
                    OffHeap.putInt(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            int r = SoftF32.add(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putInt(d, r);
        }
    }

    private static final class Subss extends XmmSourceOp {
        Subss(BlockContext b, Insn i) {
            super(b, i, 4);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int y = source4(s, m);
            long d = s.base + dst;
            int x = OffHeap.getInt(d);
            if (SseFastPath.open(s)) {
                int r = Float.floatToRawIntBits(Float.intBitsToFloat(x) - Float.intBitsToFloat(y));
                if (SseFastPath.sum(x, y, r)) {
                    OffHeap.putInt(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            int r = SoftF32.sub(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putInt(d, r);
        }
    }

    private static final class Mulss extends XmmSourceOp {
        Mulss(BlockContext b, Insn i) {
            super(b, i, 4);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int y = source4(s, m);
            long d = s.base + dst;
            int x = OffHeap.getInt(d);
            if (SseFastPath.open(s)) {
                int r = Float.floatToRawIntBits(Float.intBitsToFloat(x) * Float.intBitsToFloat(y));
                if (SseFastPath.product(x, y, r)) {
                    OffHeap.putInt(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            int r = SoftF32.mul(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putInt(d, r);
        }
    }

    private static final class Divss extends XmmSourceOp {
        Divss(BlockContext b, Insn i) {
            super(b, i, 4);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int y = source4(s, m);
            long d = s.base + dst;
            int x = OffHeap.getInt(d);
            if (SseFastPath.open(s)) {
                int r = Float.floatToRawIntBits(Float.intBitsToFloat(x) / Float.intBitsToFloat(y));
                if (SseFastPath.quotient(x, y, r)) {
                    OffHeap.putInt(d, r);
                    return;
                }
            }
            FloatEnv e = VectorAccess.environment(s);
            int r = SoftF32.div(x, y, e);
            VectorAccess.simdExceptions(s);
            OffHeap.putInt(d, r);
        }
    }
}
