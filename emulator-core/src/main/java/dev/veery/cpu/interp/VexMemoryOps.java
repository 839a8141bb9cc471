package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/**
 * Masked moves and gathers: elements that the mask leaves out are not accessed. None of them needs alignment, even where
 * alignment is checked.
 */
final class VexMemoryOps {
    private VexMemoryOps() {}

    private static long load(CpuState s, Mmu m, long linear, int element) {
        long host = m.hostForRead(linear, element);
        if (host == 0) {
            host = s.base + CpuState.SCRATCH;
            VectorAccess.loadUnchecked(s, m, linear, host, element);
        }
        return element == 4 ? OffHeap.getInt(host) & 0xffff_ffffL : OffHeap.getLong(host);
    }

    /** VMASKMOVPS, VMASKMOVPD, VPMASKMOVD and VPMASKMOVQ from memory. */
    static final class MaskLoad extends VexOp {
        private final int element;

        MaskLoad(BlockContext b, Insn i, int width, int element) {
            super(b, i, width, width);
            this.element = element;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long out = s.base + RESULT;
            for (int at = 0; at < width; at += element) {
                boolean wanted = chosen(s.base + first, at, element);
                long v = wanted ? load(s, m, eaPlus(s, m, at, element, false), element) : 0;
                put(out + at, v, element);
            }
            complete(s, dst, width);
        }
    }

    private static boolean chosen(long mask, int at, int element) {
        return OffHeap.getByte(mask + at + element - 1) < 0;
    }

    private static void put(long to, long v, int element) {
        if (element == 4) {
            OffHeap.putInt(to, (int) v);
        } else {
            OffHeap.putLong(to, v);
        }
    }

    /** The same to memory: a fault comes before anything is written. */
    static final class MaskStore extends MemOp {
        private final int src;
        private final int mask;
        private final int width;
        private final int element;

        MaskStore(BlockContext b, Insn i, int width, int element) {
            super(b, i);
            src = VectorAccess.xmm(i.reg);
            mask = VectorAccess.xmm(i.vvvv);
            this.width = width;
            this.element = element;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            for (int at = 0; at < width; at += element) {
                if (chosen(s.base + mask, at, element)) {
                    VectorAccess.probeUnchecked(s, m, eaPlus(s, m, at, element, true), element);
                }
            }
            for (int at = 0; at < width; at += element) {
                if (chosen(s.base + mask, at, element)) {
                    VectorAccess.storeUnchecked(s, m, eaPlus(s, m, at, element, true), s.base + src + at, element);
                }
            }
        }
    }

    /**
     * The gathers. A fault leaves what was gathered so far, and the mask without it, so that the instruction goes on where
     * it was when it is started again (SDM vol. 2, VPGATHERDD).
     */
    static final class Gather extends MemOp {
        private final int dst;
        private final int mask;
        private final int index;
        private final int scale;
        private final int element;
        private final int indexSize;
        private final int count;
        private final int width;

        private Gather(BlockContext b, Insn i, int width) {
            super(b, i);
            dst = VectorAccess.xmm(i.reg);
            mask = VectorAccess.xmm(i.vvvv);
            index = VectorAccess.xmm(i.sibIndex);
            scale = i.scale;
            element = i.rexW() ? 8 : 4;
            indexSize = (i.opcode & 1) == 0 ? 4 : 8;
            count = width / Math.max(element, indexSize);
            this.width = width;
        }

        /** The op, or one that raises #UD: without an index, with 16-bit addresses, with registers that coincide. */
        static Op of(BlockContext b, Insn i, int width) {
            boolean distinct = i.reg != i.vvvv && i.reg != i.sibIndex && i.vvvv != i.sibIndex;
            if (i.sibIndex == Insn.NO_REG || i.addrSize == 2 || !distinct) {
                return new Lowering.Undefined();
            }
            // Not a general register.
            i.index = Insn.NO_REG;
            return new Gather(b, i, width);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long marks = s.base + mask;
            // This much of the mask has changed even if the first element faults.
            for (int at = 0; at < width; at += element) {
                put(marks + at, chosen(marks, at, element) ? -1 : 0, element);
            }
            OffHeap.fill(marks + width, 32 - width, 0);
            for (int n = 0; n < count; n++) {
                int at = n * element;
                if (chosen(marks, at, element)) {
                    long place = s.base + index + (long) n * indexSize;
                    long offset = indexSize == 4 ? OffHeap.getInt(place) : OffHeap.getLong(place);
                    long v = load(s, m, eaPlus(s, m, offset << scale, element, false), element);
                    put(s.base + dst + at, v, element);
                    OffHeap.fill(s.base + dst + width, 32 - width, 0);
                    put(marks + at, 0, element);
                }
            }
            int gathered = count * element;
            OffHeap.fill(s.base + dst + gathered, 32 - gathered, 0);
            OffHeap.fill(marks, 32, 0);
            if (width == 32) {
                s.setField(CpuState.YMM_IN_USE, 1);
            }
        }
    }
}
