package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.semantics.VexConvert;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** Operations that SSE has too, on one or two lanes of 16 bytes, with a destination of their own. */
final class VexPackedOps {
    private VexPackedOps() {}

    /** Integers and shuffles: what {@link VectorOps} does to 16 bytes, for each lane. */
    static final class Lanes extends VexOp {
        private final int shape;
        private final int op;
        private final int imm;

        /** How far apart the second source's parts for the lanes are. */
        private final int step;

        /** How far the immediate is shifted for the upper lane. */
        private final int immStep;

        /** {@code size}: bytes of a memory operand. */
        Lanes(BlockContext b, Insn i, int width, int size, int entry, int imm) {
            super(b, i, width, size);
            shape = VectorTable.shape(entry);
            op = VectorTable.op(entry);
            this.imm = imm;
            boolean extends_ = shape == VectorTable.WIDE && op >= PackedWide.PMOVSXBW;
            step = shape == VectorTable.SHIFTS ? 0 : extends_ ? size * 16 / width : 16;
            immStep = shape == VectorTable.WIDE ? immStep(op) : 0;
        }

        private static int immStep(int op) {
            switch (op) {
                case PackedWide.SHUFPD:
                case PackedWide.BLENDPD:
                    return 2;
                case PackedWide.BLENDPS:
                    return 4;
                case PackedWide.MPSADBW:
                    return 3;
                default:
                    return 0;
            }
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long out = s.base + RESULT;
            copy16(s.base + first, out);
            VectorOps.apply(s, shape, op, out, src, imm);
            if (width == 32) {
                copy16(s.base + first + 16, out + 16);
                VectorOps.apply(s, shape, op, out + 16, src + step, imm >>> immStep);
            }
            complete(s, dst, width);
        }
    }

    /** VBLENDVPS, VBLENDVPD and VPBLENDVB: the mask is in a fourth register. */
    static final class Blend extends VexOp {
        private final int op;
        private final int mask;

        Blend(BlockContext b, Insn i, int width, int op) {
            super(b, i, width, width);
            this.op = op;
            int number = (int) i.imm >> 4 & 15;
            mask = VectorAccess.xmm(i.codeSize == 64 ? number : number & 7);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            for (int at = 0; at < width; at += 16) {
                long out = s.base + RESULT + at;
                copy16(s.base + first + at, out);
                PackedWide.apply(op, out, src + at, 0, s.base + mask + at);
            }
            complete(s, dst, width);
        }
    }

    /** Shifts by an immediate: the destination is VEX.vvvv, the source ModRM.rm. */
    static final class Shift extends Op {
        private final int shape;
        private final int op;
        private final int dst;
        private final int src;
        private final int count;
        private final int width;

        /** {@code shape}: of lanes, or wide for the shifts of whole lanes by bytes. */
        Shift(Insn i, int width, int shape, int op) {
            this.shape = shape;
            this.op = op;
            this.width = width;
            dst = VectorAccess.xmm(i.vvvv);
            src = VectorAccess.xmm(i.rm);
            count = (int) i.imm & 0xff;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long counter = s.base + CpuState.SCRATCH;
            OffHeap.putLong(counter, count);
            for (int at = 0; at < width; at += 16) {
                long out = s.base + VexOp.RESULT + at;
                VexOp.copy16(s.base + src + at, out);
                VectorOps.apply(s, shape, op, out, shape == VectorTable.WIDE ? out : counter, count);
            }
            VexOp.complete(s, dst, width);
        }
    }

    /** {@link SseArithmetic} on singles: all, or the lowest with the first source's others. */
    static final class Singles extends VexOp {
        private final int op;
        private final int imm;
        private final int count;

        Singles(BlockContext b, Insn i, int width, int size, int op, boolean scalar) {
            super(b, i, width, size);
            this.op = op;
            imm = (int) i.imm & 0xff;
            count = scalar ? 1 : width / 4;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long a = s.base + first;
            long out = s.base + RESULT;
            if (count == 1) {
                copy16(a, out);
            }
            FloatEnv e = VectorAccess.environment(s);
            for (int n = 0; n < count; n++) {
                long at = 4L * n;
                OffHeap.putInt(
                        out + at, SseArithmetic.single(op, OffHeap.getInt(a + at), OffHeap.getInt(src + at), imm, e));
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, width);
        }
    }

    /** As {@link Singles} on doubles. */
    static final class Duals extends VexOp {
        private final int op;
        private final int imm;
        private final int count;

        Duals(BlockContext b, Insn i, int width, int size, int op, boolean scalar) {
            super(b, i, width, size);
            this.op = op;
            imm = (int) i.imm & 0xff;
            count = scalar ? 1 : width / 8;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long a = s.base + first;
            long out = s.base + RESULT;
            if (count == 1) {
                copy16(a, out);
            }
            FloatEnv e = VectorAccess.environment(s);
            for (int n = 0; n < count; n++) {
                long at = 8L * n;
                OffHeap.putLong(
                        out + at, SseArithmetic.dual(op, OffHeap.getLong(a + at), OffHeap.getLong(src + at), imm, e));
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, width);
        }
    }

    /** Conversions and what crosses elements: {@link VexConvert}. */
    static final class Convert extends VexOp {
        private final int op;
        private final int imm;
        private final int written;

        /** {@code written}: bytes of the result, 16 or 32. */
        Convert(BlockContext b, Insn i, int width, int size, int op, int written) {
            super(b, i, width, size);
            this.op = op;
            imm = (int) i.imm & 0xff;
            this.written = written;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            FloatEnv e = VectorAccess.environment(s);
            int earlier = VexConvert.apply(op, width, s.base + RESULT, s.base + first, src, imm, e);
            if (earlier != 0) {
                s.setField(CpuState.MXCSR, s.field(CpuState.MXCSR) | earlier);
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, written);
        }
    }

    /** VCVTPH2PS: eight bytes of memory need not be aligned even where alignment is checked. */
    static final class FromHalves extends VexOp {
        FromHalves(BlockContext b, Insn i, int width) {
            super(b, i, width, width / 2);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src;
            if (memory && width == 16) {
                VectorAccess.avx(s);
                src = s.base + CpuState.SCRATCH;
                VectorAccess.loadUnchecked(s, m, ea(s, m, 8, false), src, 8);
            } else {
                src = source(s, m);
            }
            FloatEnv e = VectorAccess.environment(s);
            VexConvert.apply(VexConvert.CVTPH2PS, width, s.base + RESULT, src, src, 0, e);
            VectorAccess.simdExceptions(s);
            complete(s, dst, width);
        }
    }

    /** VCVTPS2PH: the destination is ModRM.rm. */
    static final class ToHalves extends MemOp {
        private final int src;
        private final int dst;
        private final int width;
        private final int imm;

        ToHalves(BlockContext b, Insn i, int width) {
            super(b, i);
            src = VectorAccess.xmm(i.reg);
            dst = i.isReg() ? VectorAccess.xmm(i.rm) : -1;
            this.width = width;
            imm = (int) i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long out = s.base + VexOp.RESULT;
            FloatEnv e = VectorAccess.environment(s);
            VexConvert.toHalves(out, s.base + src, width / 4, imm, e);
            // What the conversion raises is recorded before the store may fault.
            VectorAccess.simdExceptions(s);
            if (dst >= 0) {
                VexOp.complete(s, dst, 16);
                return;
            }
            long a = ea(s, m, width / 2, true);
            if (width == 16) {
                VectorAccess.storeUnchecked(s, m, a, out, 8);
            } else {
                VectorAccess.store16(m, a, out);
            }
        }
    }
}
