package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;

/** An op with a memory operand. {@link #ea} computes its linear address, segment checks included. */
abstract class MemOp extends Op {
    /** 64-bit addressing through ES, CS, SS or DS: base plus index plus displacement, nothing else. */
    private static final int SIMPLE = 0;

    /** As SIMPLE, plus the base of FS or GS. */
    private static final int SEGMENT_BASE = 1;

    /** Relative to the next instruction; {@link #disp} holds its distance from the block's start. */
    private static final int RIP_RELATIVE = 2;

    /** Flat 32-bit segments: the sum is cut to 32 bits. */
    private static final int FLAT32 = 3;

    /** Everything else: 16-bit addressing, real segments, address-size overrides. */
    private static final int GENERAL = 4;

    private final int kind;
    private final int baseOffset;
    private final int indexOffset;
    private final int scale;
    private final long disp;
    final int seg;
    private final long addressMask;
    private final boolean ripBase;

    MemOp(BlockContext b, Insn i) {
        seg = i.seg;
        ripBase = i.base == Insn.BASE_RIP;
        baseOffset = i.base == Insn.NO_REG || ripBase ? CpuState.ZERO : CpuState.GPR + 8 * i.base;
        indexOffset = i.index == Insn.NO_REG ? CpuState.ZERO : CpuState.GPR + 8 * i.index;
        scale = i.scale;
        addressMask = i.addrSize == 8 ? -1L : i.addrSize == 4 ? 0xffff_ffffL : 0xffffL;
        disp = ripBase ? i.disp + b.nextOffset(i) : i.disp;
        boolean withBase = i.seg == Seg.FS || i.seg == Seg.GS;
        if (i.codeSize == 64) {
            if (i.addrSize != 8) {
                kind = GENERAL;
            } else if (ripBase) {
                kind = withBase ? GENERAL : RIP_RELATIVE;
            } else {
                kind = withBase ? SEGMENT_BASE : SIMPLE;
            }
        } else {
            // CS may be read only if its descriptor says so, and never written.
            kind = b.flat() && !withBase && i.seg != Seg.CS && i.addrSize == 4 ? FLAT32 : GENERAL;
        }
    }

    @Override
    boolean throughStack() {
        return seg == Seg.SS;
    }

    /**
     * Linear address of the operand.
     *
     * @param size operand size in bytes, for limit checks outside 64-bit mode
     * @param write whether it will be written
     */
    final long ea(CpuState s, Mmu m, int size, boolean write) {
        long b = s.base;
        long a = OffHeap.getLong(b + baseOffset) + (OffHeap.getLong(b + indexOffset) << scale) + disp;
        if (kind == SIMPLE) {
            return a;
        }
        return special(s, m, a, size, write);
    }

    /** As {@link #ea}, with {@code extra} added to the offset before the address is cut to its size. */
    final long eaPlus(CpuState s, Mmu m, long extra, int size, boolean write) {
        long b = s.base;
        long a = OffHeap.getLong(b + baseOffset) + (OffHeap.getLong(b + indexOffset) << scale) + disp + extra;
        return kind == SIMPLE ? a : special(s, m, a, size, write);
    }

    private long special(CpuState s, Mmu m, long a, int size, boolean write) {
        switch (kind) {
            case SEGMENT_BASE:
                return a + OffHeap.getLong(s.base + CpuState.SEG_BASE + 8 * seg);
            case RIP_RELATIVE:
                return a + m.blockRip;
            case FLAT32:
                return a & 0xffff_ffffL;
            default:
                return m.linear(seg, offsetFrom(m, a), size, write);
        }
    }

    /** The offset within the segment, as LEA computes it. */
    final long offset(CpuState s, Mmu m) {
        long b = s.base;
        return offsetFrom(m, OffHeap.getLong(b + baseOffset) + (OffHeap.getLong(b + indexOffset) << scale) + disp);
    }

    private long offsetFrom(Mmu m, long sum) {
        return (ripBase ? sum + m.blockRip : sum) & addressMask;
    }
}
