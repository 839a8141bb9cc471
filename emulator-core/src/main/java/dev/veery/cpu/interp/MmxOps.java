package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.FpuState;
import dev.veery.cpu.semantics.PackedCompare;
import dev.veery.cpu.semantics.PackedLanes;
import dev.veery.cpu.semantics.PackedShift;
import dev.veery.cpu.semantics.PackedShuffle;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** Instructions on MMX registers. Memory faults come before the x87 registers turn into MMX registers. */
final class MmxOps {
    private MmxOps() {}

    /** What {@link Write} computes. */
    static final int LANES = 0;

    static final int MOVE = 1;
    static final int PSHUFW = 2;
    static final int PALIGNR = 3;
    static final int PINSRW = 4;
    static final int IMMEDIATE = 5;

    /** Writes an MMX register from itself and a source: a register by block offset, memory or an immediate. */
    static final class Write extends MemOp {
        private final int kind;
        private final int op;
        private final int dst;
        private final int src;
        private final int size;
        private final int imm;

        /**
         * @param op of {@link PackedLanes}, for the kinds LANES and IMMEDIATE
         * @param src offset of a register source, or -1 for memory
         * @param size bytes taken from the source: 2, 4 or 8
         */
        Write(BlockContext b, Insn i, int kind, int op, int dst, int src, int size) {
            super(b, i);
            this.kind = kind;
            this.op = op;
            this.dst = dst;
            this.src = src;
            this.size = size;
            imm = (int) i.imm & 0xff;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            FpuState.checkMmx(s);
            long b = src >= 0 ? OffHeap.getLong(s.base + src) & -1L >>> 64 - 8 * size : load(s, m);
            FpuState.enterMmx(s);
            VectorAccess.putMmx(s, dst, compute(OffHeap.getLong(s.base + dst), b));
        }

        private long load(CpuState s, Mmu m) {
            long a = ea(s, m, size, false);
            return size == 2 ? m.load16(a) : size == 4 ? m.load32(a) : m.load64(a);
        }

        private long compute(long a, long b) {
            switch (kind) {
                case LANES:
                    return PackedLanes.apply(op, a, b);
                case MOVE:
                    return b;
                case PSHUFW:
                    return PackedShuffle.pshufw(b, imm);
                case PALIGNR:
                    return PackedShift.window(b, a, imm);
                case PINSRW:
                    int shift = 16 * (imm & 3);
                    return a & ~(0xffffL << shift) | b << shift;
                default:
                    return PackedLanes.apply(op, a, imm);
            }
        }
    }

    /** MOVQ, MOVD and MOVNTQ to memory. */
    static final class Store extends MemOp {
        private final int src;
        private final int size;

        Store(BlockContext b, Insn i, int src, int size) {
            super(b, i);
            this.src = src;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            FpuState.checkMmx(s);
            long a = ea(s, m, size, true);
            long v = OffHeap.getLong(s.base + src);
            if (size == 4) {
                m.store32(a, v & 0xffff_ffffL);
            } else {
                m.store64(a, v);
            }
            FpuState.enterMmx(s);
        }
    }

    /** MOVD, MOVQ and PEXTRW to a general register, zero-extended. */
    static final class ToGpr extends Op {
        private final int dst;
        private final int src;
        private final int shift;
        private final long mask;

        ToGpr(int dst, int src, int shift, int bytes) {
            this.dst = dst;
            this.src = src;
            this.shift = shift;
            mask = -1L >>> 64 - 8 * bytes;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            FpuState.checkMmx(s);
            FpuState.enterMmx(s);
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src) >>> shift & mask);
        }
    }

    /** PMOVMSKB. */
    static final class ByteSigns extends Op {
        private final int dst;
        private final int src;

        ByteSigns(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            FpuState.checkMmx(s);
            FpuState.enterMmx(s);
            OffHeap.putLong(s.base + dst, PackedCompare.byteSigns(OffHeap.getLong(s.base + src)));
        }
    }

    /** MOVQ2DQ. */
    static final class ToXmm extends Op {
        private final int dst;
        private final int src;

        ToXmm(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sseAndMmx(s);
            FpuState.enterMmx(s);
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src));
            OffHeap.putLong(s.base + dst + 8, 0);
        }
    }

    /** MOVDQ2Q. */
    static final class FromXmm extends Op {
        private final int dst;
        private final int src;

        FromXmm(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sseAndMmx(s);
            FpuState.enterMmx(s);
            VectorAccess.putMmx(s, dst, OffHeap.getLong(s.base + src));
        }
    }

    /** EMMS: all x87 registers are empty. */
    static final class Emms extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            FpuState.emptyMmx(s);
        }
    }
}
