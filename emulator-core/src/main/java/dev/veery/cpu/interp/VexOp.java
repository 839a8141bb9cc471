package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/**
 * A vector instruction with VEX: destination in ModRM.reg, first source in VEX.vvvv, second in ModRM.rm, a register or
 * memory. Its result is put together in scratch, so that operands may overlap, and {@link #complete} moves it to the
 * destination, whose bits beyond it become zero.
 */
abstract class VexOp extends MemOp {
    /** Offset of where results are put together, 32 bytes. */
    static final int RESULT = CpuState.SCRATCH2 + 32;

    /** Offset of the destination. */
    final int dst;

    /** Offset of the first source. */
    final int first;

    /** Bytes of the vectors: 16 or 32. */
    final int width;

    final boolean memory;
    private final int second;
    private final int size;
    private final int alignMask;

    /**
     * Makes one.
     *
     * @param width bytes of the vectors: 16 or 32
     * @param size bytes of a memory operand: 1 to 32
     * @param aligned whether a memory operand must be aligned to its size
     */
    VexOp(BlockContext b, Insn i, int width, int size, boolean aligned) {
        super(b, i);
        dst = VectorAccess.xmm(i.reg);
        first = VectorAccess.xmm(i.vvvv);
        memory = !i.isReg();
        second = memory ? CpuState.SCRATCH : VectorAccess.xmm(i.rm);
        this.width = width;
        this.size = size;
        alignMask = aligned ? size - 1 : 0;
    }

    VexOp(BlockContext b, Insn i, int width, int size) {
        this(b, i, width, size, false);
    }

    /** After the checks of every such instruction, the host address of the second source; memory is brought to scratch. */
    final long source(CpuState s, Mmu m) {
        VectorAccess.avx(s);
        if (memory) {
            long a = ea(s, m, size, false);
            if ((a & alignMask) != 0) {
                throw s.gp0();
            }
            VectorAccess.load(m, a, s.base + CpuState.SCRATCH, size);
        }
        return s.base + second;
    }

    /** Copies 16 bytes between host addresses. */
    static void copy16(long from, long to) {
        OffHeap.putLong(to, OffHeap.getLong(from));
        OffHeap.putLong(to + 8, OffHeap.getLong(from + 8));
    }

    /** Clears what register {@code offset} has beyond its first 16 bytes. */
    static void clearUpper(CpuState s, int offset) {
        OffHeap.putLong(s.base + offset + 16, 0);
        OffHeap.putLong(s.base + offset + 24, 0);
    }

    /** The result to register {@code offset}: {@code bytes} are 16 or 32. */
    static void complete(CpuState s, int offset, int bytes) {
        long from = s.base + RESULT;
        long to = s.base + offset;
        copy16(from, to);
        if (bytes == 32) {
            copy16(from + 16, to + 16);
            s.setField(CpuState.YMM_IN_USE, 1);
        } else {
            clearUpper(s, offset);
        }
    }

    /** An instruction that does what {@code inner} does, which has a legacy form, and clears the rest of a register. */
    static final class Legacy extends Op {
        private final Op inner;
        private final int cleared;

        /** {@code cleared}: offset of the register, or -1 for none. */
        Legacy(Op inner, int cleared) {
            this.inner = inner;
            this.cleared = cleared;
        }

        @Override
        boolean throughStack() {
            return inner.throughStack();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            inner.exec(s, m);
            if (cleared >= 0) {
                clearUpper(s, cleared);
            }
        }
    }
}
