package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.PackedAdd;
import dev.veery.cpu.semantics.PackedCompare;
import dev.veery.cpu.semantics.PackedLanes;
import dev.veery.cpu.semantics.PackedShuffle;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;
import org.jspecify.annotations.Nullable;

/** The operations that compilers and C libraries emit most, each with a class of its own. */
final class XmmHotOps {
    private XmmHotOps() {}

    /** The op for a table entry of form X_X16, X_X8 or X_X4, or null when it is none of these. */
    static @Nullable Op lower(BlockContext b, Insn i, int entry) {
        int op = VectorTable.op(entry);
        switch (VectorTable.shape(entry)) {
            case VectorTable.LANES:
                return lanes(b, i, op);
            case VectorTable.WIDE:
                return wide(b, i, op);
            case VectorTable.LOWS:
                return op == PackedLanes.PUNPCKLBW
                        ? new Punpcklbw(b, i)
                        : op == PackedLanes.PUNPCKLDQ ? new Punpckldq(b, i) : null;
            case VectorTable.PS:
                return SsePackedOps.singles(b, i, op);
            case VectorTable.PD:
                return SsePackedOps.duals(b, i, op);
            case VectorTable.SD:
                return SseScalarOps.dual(b, i, op);
            case VectorTable.SS:
                return SseScalarOps.single(b, i, op);
            default:
                return null;
        }
    }

    private static @Nullable Op lanes(BlockContext b, Insn i, int op) {
        switch (op) {
            case PackedLanes.PXOR:
                return new Pxor(b, i);
            case PackedLanes.POR:
                return new Por(b, i);
            case PackedLanes.PAND:
                return new Pand(b, i);
            case PackedLanes.PANDN:
                return new Pandn(b, i);
            case PackedLanes.PADDB:
                return new Paddb(b, i);
            case PackedLanes.PADDD:
                return new Paddd(b, i);
            case PackedLanes.PADDQ:
                return new Paddq(b, i);
            case PackedLanes.PCMPEQB:
                return new Pcmpeqb(b, i);
            case PackedLanes.PMINUB:
                return new Pminub(b, i);
            default:
                return null;
        }
    }

    private static @Nullable Op wide(BlockContext b, Insn i, int op) {
        switch (op) {
            case PackedWide.PSHUFD:
                return new Pshufd(b, i);
            case PackedWide.PUNPCKLQDQ:
                return new Punpcklqdq(b, i);
            default:
                return null;
        }
    }

    private static final class Pxor extends XmmSourceOp {
        Pxor(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, OffHeap.getLong(d) ^ OffHeap.getLong(b));
            OffHeap.putLong(d + 8, OffHeap.getLong(d + 8) ^ OffHeap.getLong(b + 8));
        }
    }

    private static final class Por extends XmmSourceOp {
        Por(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, OffHeap.getLong(d) | OffHeap.getLong(b));
            OffHeap.putLong(d + 8, OffHeap.getLong(d + 8) | OffHeap.getLong(b + 8));
        }
    }

    private static final class Pand extends XmmSourceOp {
        Pand(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, OffHeap.getLong(d) & OffHeap.getLong(b));
            OffHeap.putLong(d + 8, OffHeap.getLong(d + 8) & OffHeap.getLong(b + 8));
        }
    }

    private static final class Pandn extends XmmSourceOp {
        Pandn(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, ~OffHeap.getLong(d) & OffHeap.getLong(b));
            OffHeap.putLong(d + 8, ~OffHeap.getLong(d + 8) & OffHeap.getLong(b + 8));
        }
    }

    private static final class Paddb extends XmmSourceOp {
        Paddb(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, PackedAdd.paddb(OffHeap.getLong(d), OffHeap.getLong(b)));
            OffHeap.putLong(d + 8, PackedAdd.paddb(OffHeap.getLong(d + 8), OffHeap.getLong(b + 8)));
        }
    }

    private static final class Paddd extends XmmSourceOp {
        Paddd(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, PackedAdd.paddd(OffHeap.getLong(d), OffHeap.getLong(b)));
            OffHeap.putLong(d + 8, PackedAdd.paddd(OffHeap.getLong(d + 8), OffHeap.getLong(b + 8)));
        }
    }

    private static final class Paddq extends XmmSourceOp {
        Paddq(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, OffHeap.getLong(d) + OffHeap.getLong(b));
            OffHeap.putLong(d + 8, OffHeap.getLong(d + 8) + OffHeap.getLong(b + 8));
        }
    }

    private static final class Pcmpeqb extends XmmSourceOp {
        Pcmpeqb(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, PackedCompare.pcmpeqb(OffHeap.getLong(d), OffHeap.getLong(b)));
            OffHeap.putLong(d + 8, PackedCompare.pcmpeqb(OffHeap.getLong(d + 8), OffHeap.getLong(b + 8)));
        }
    }

    private static final class Pminub extends XmmSourceOp {
        Pminub(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            OffHeap.putLong(d, PackedCompare.pminub(OffHeap.getLong(d), OffHeap.getLong(b)));
            OffHeap.putLong(d + 8, PackedCompare.pminub(OffHeap.getLong(d + 8), OffHeap.getLong(b + 8)));
        }
    }

    private static final class Punpcklbw extends XmmSourceOp {
        Punpcklbw(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = OffHeap.getLong(source(s, m));
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            OffHeap.putLong(d, PackedShuffle.punpcklbw(x, y));
            OffHeap.putLong(d + 8, PackedShuffle.punpckhbw(x, y));
        }
    }

    private static final class Punpckldq extends XmmSourceOp {
        Punpckldq(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long y = OffHeap.getLong(source(s, m));
            long d = s.base + dst;
            long x = OffHeap.getLong(d);
            OffHeap.putLong(d, PackedShuffle.punpckldq(x, y));
            OffHeap.putLong(d + 8, PackedShuffle.punpckhdq(x, y));
        }
    }

    private static final class Punpcklqdq extends XmmSourceOp {
        Punpcklqdq(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst + 8, OffHeap.getLong(source(s, m)));
        }
    }

    private static final class Pshufd extends XmmSourceOp {
        private final int control;

        Pshufd(BlockContext b, Insn i) {
            super(b, i, 16);
            control = (int) i.imm & 0xff;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long d = s.base + dst;
            long low = OffHeap.getLong(b);
            long high = OffHeap.getLong(b + 8);
            OffHeap.putLong(d, PackedShuffle.pickD(low, high, control));
            OffHeap.putLong(d + 8, PackedShuffle.pickD(low, high, control >>> 4));
        }
    }
}
