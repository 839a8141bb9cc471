package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** An op with an XMM destination in ModRM.reg and a source in ModRM.rm, an XMM register or memory. */
abstract class XmmSourceOp extends MemOp {
    /** Offset of the destination. */
    final int dst;

    private final int src;
    private final boolean memory;
    private final int size;
    private final int alignMask;

    /** {@code size}: of a memory operand, 2, 4, 8 or 16 bytes; 16 must be aligned. */
    XmmSourceOp(BlockContext b, Insn i, int size) {
        this(b, i, size, size == 16);
    }

    XmmSourceOp(BlockContext b, Insn i, int size, boolean aligned) {
        super(b, i);
        dst = VectorAccess.xmm(i.reg);
        memory = !i.isReg();
        src = memory ? CpuState.SCRATCH : VectorAccess.xmm(i.rm);
        this.size = size;
        alignMask = aligned ? 15 : 0;
    }

    /** After the checks of every SSE instruction, the host address of the source; a memory operand is brought to scratch. */
    final long source(CpuState s, Mmu m) {
        VectorAccess.sse(s);
        return operand(s, m);
    }

    /** As {@link #source} without the checks. */
    final long operand(CpuState s, Mmu m) {
        long p = s.base + src;
        if (memory) {
            long a = ea(s, m, size, false);
            if ((a & alignMask) != 0) {
                throw s.gp0();
            }
            VectorAccess.load(m, a, p, size);
        }
        return p;
    }

    /** As {@link #source} for eight bytes, their value. */
    final long source8(CpuState s, Mmu m) {
        VectorAccess.sse(s);
        return memory ? m.load64(ea(s, m, 8, false)) : OffHeap.getLong(s.base + src);
    }

    /** As {@link #source} for four bytes, their value. */
    final int source4(CpuState s, Mmu m) {
        VectorAccess.sse(s);
        return memory ? (int) m.load32(ea(s, m, 4, false)) : OffHeap.getInt(s.base + src);
    }
}
