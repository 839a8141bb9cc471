package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;

/** An op that ends its block: it sets RIP. */
abstract class Terminator extends MemOp {
    /** Distance from the block's start to the next instruction. */
    private final int next;

    private final long nextMask;

    Terminator(BlockContext b, Insn i) {
        super(b, i);
        next = b.nextOffset(i);
        nextMask = i.codeSize == 64 ? -1L : 0xffff_ffffL;
    }

    /** RIP of the instruction behind this one. */
    final long nextRip(Mmu m) {
        return m.blockRip + next & nextMask;
    }

    /** RIP of the instruction itself. */
    final long ownRip(Mmu m) {
        return m.blockRip + offset & nextMask;
    }

    /** Goes on behind the instruction. */
    final void fallThrough(CpuState s, Mmu m) {
        s.rip = nextRip(m);
    }
}
