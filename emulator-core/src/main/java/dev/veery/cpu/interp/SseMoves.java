package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.FpuState;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** Moves between XMM registers and memory. Operands are offsets into the processor's block. */
final class SseMoves {
    private SseMoves() {}

    /** MOVAPS and its like, register to register. */
    static final class Reg extends Op {
        private final int dst;
        private final int src;

        Reg(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long b = s.base;
            OffHeap.putLong(b + dst, OffHeap.getLong(b + src));
            OffHeap.putLong(b + dst + 8, OffHeap.getLong(b + src + 8));
        }
    }

    /** Sixteen bytes from memory. */
    static final class Load16 extends MemOp {
        private final int dst;
        private final int alignMask;

        Load16(BlockContext b, Insn i, int dst, boolean aligned) {
            super(b, i);
            this.dst = dst;
            alignMask = aligned ? 15 : 0;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long a = ea(s, m, 16, false);
            if ((a & alignMask) != 0) {
                throw s.gp0();
            }
            VectorAccess.load16(m, a, s.base + dst);
        }
    }

    /** Sixteen bytes to memory. */
    static final class Store16 extends MemOp {
        private final int src;
        private final int alignMask;

        Store16(BlockContext b, Insn i, int src, boolean aligned) {
            super(b, i);
            this.src = src;
            alignMask = aligned ? 15 : 0;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long a = ea(s, m, 16, true);
            if ((a & alignMask) != 0) {
                throw s.gp0();
            }
            VectorAccess.store16(m, a, s.base + src);
        }
    }

    /** MOVQ and MOVSD from memory: the rest of the register becomes zero. */
    static final class Load8 extends MemOp {
        private final int dst;

        Load8(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long v = m.load64(ea(s, m, 8, false));
            OffHeap.putLong(s.base + dst, v);
            OffHeap.putLong(s.base + dst + 8, 0);
        }
    }

    /** MOVD and MOVSS from memory: the rest of the register becomes zero. */
    static final class Load4 extends MemOp {
        private final int dst;

        Load4(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long v = m.load32(ea(s, m, 4, false));
            OffHeap.putLong(s.base + dst, v);
            OffHeap.putLong(s.base + dst + 8, 0);
        }
    }

    /** MOVLPS, MOVHPS: eight bytes into one half; the other keeps its value. {@code dst} is the half's offset. */
    static final class LoadHalf extends MemOp {
        private final int dst;

        LoadHalf(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            OffHeap.putLong(s.base + dst, m.load64(ea(s, m, 8, false)));
        }
    }

    /** Eight bytes to memory from offset {@code src}: MOVQ, MOVSD, MOVLPS and MOVHPS. */
    static final class Store8 extends MemOp {
        private final int src;

        Store8(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            m.store64(ea(s, m, 8, true), OffHeap.getLong(s.base + src));
        }
    }

    /** Four bytes to memory: MOVD, MOVSS, EXTRACTPS, PEXTRD. */
    static final class Store4 extends MemOp {
        private final int src;

        Store4(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            m.store32(ea(s, m, 4, true), OffHeap.getInt(s.base + src));
        }
    }

    /** PEXTRW to memory. */
    static final class Store2 extends MemOp {
        private final int src;

        Store2(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            m.store16(ea(s, m, 2, true), OffHeap.getChar(s.base + src));
        }
    }

    /** PEXTRB to memory. */
    static final class Store1 extends MemOp {
        private final int src;

        Store1(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            m.store8(ea(s, m, 1, true), OffHeap.getByte(s.base + src) & 0xff);
        }
    }

    /** Eight bytes between registers, nothing else changes: MOVSD, MOVHLPS, MOVLHPS. */
    static final class Half extends Op {
        private final int dst;
        private final int src;

        Half(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src));
        }
    }

    /** MOVSS between registers. */
    static final class Low4 extends Op {
        private final int dst;
        private final int src;

        Low4(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            OffHeap.putInt(s.base + dst, OffHeap.getInt(s.base + src));
        }
    }

    /** Eight bytes into an XMM register, the rest zero: MOVQ between registers and from a general register. */
    static final class Zero8 extends Op {
        private final int dst;
        private final int src;

        Zero8(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src));
            OffHeap.putLong(s.base + dst + 8, 0);
        }
    }

    /** Four bytes into an XMM register, the rest zero: MOVD from a general register. */
    static final class Zero4 extends Op {
        private final int dst;
        private final int src;

        Zero4(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            OffHeap.putLong(s.base + dst, OffHeap.getInt(s.base + src) & 0xffff_ffffL);
            OffHeap.putLong(s.base + dst + 8, 0);
        }
    }

    /**
     * Bytes of an XMM register, zero-extended, into a general register: MOVD, MOVQ, PEXTR*, EXTRACTPS.
     */
    static final class ToGpr extends Op {
        private final int dst;
        private final int src;
        private final long mask;

        /** {@code src} is the element's offset, {@code bytes} its size: 1, 2, 4 or 8. */
        ToGpr(int dst, int src, int bytes) {
            this.dst = dst;
            this.src = src;
            mask = -1L >>> 64 - 8 * bytes;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            // Registers are 64 bytes apart, so that reading eight bytes of any element stays within the block.
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src) & mask);
        }
    }

    /** PINSRB, PINSRW, PINSRD and PINSRQ from a general register. */
    static final class Insert extends Op {
        private final int dst;
        private final int src;
        private final int size;

        Insert(int dst, int src, int size) {
            this.dst = dst;
            this.src = src;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            put(s.base + dst, OffHeap.getLong(s.base + src), size);
        }

        static void put(long to, long value, int size) {
            switch (size) {
                case 1:
                    OffHeap.putByte(to, (int) value);
                    break;
                case 2:
                    OffHeap.putShort(to, (int) value);
                    break;
                case 4:
                    OffHeap.putInt(to, (int) value);
                    break;
                default:
                    OffHeap.putLong(to, value);
                    break;
            }
        }
    }

    /** PINSR* from memory. */
    static final class InsertLoad extends MemOp {
        private final int dst;
        private final int size;

        InsertLoad(BlockContext b, Insn i, int dst, int size) {
            super(b, i);
            this.dst = dst;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long a = ea(s, m, size, false);
            long v = size == 1 ? m.load8(a) : size == 2 ? m.load16(a) : size == 4 ? m.load32(a) : m.load64(a);
            Insert.put(s.base + dst, v, size);
        }
    }

    /** MASKMOVDQU: the bytes whose mask has its top bit set go to DS:rDI. */
    static final class MaskedStore extends MemOp {
        private final int src;
        private final int mask;
        private final int size;

        MaskedStore(BlockContext b, Insn i, int src, int mask, int size) {
            super(b, i);
            this.src = src;
            this.mask = mask;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (size == 8) {
                FpuState.checkMmx(s);
            } else {
                VectorAccess.sse(s);
            }
            long a = ea(s, m, size, true);
            long b = s.base;
            // Faults come before any byte is written.
            for (int n = 0; n < size; n++) {
                if (OffHeap.getByte(b + mask + n) < 0) {
                    m.probeWrite(a + n, 1);
                }
            }
            for (int n = 0; n < size; n++) {
                if (OffHeap.getByte(b + mask + n) < 0) {
                    m.store8(a + n, OffHeap.getByte(b + src + n) & 0xff);
                }
            }
            if (size == 8) {
                FpuState.enterMmx(s);
            }
        }
    }
}
