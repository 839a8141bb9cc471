package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;
import dev.veery.memory.access.OffHeap;

/** MOV in its forms, MOVZX, MOVSX, LEA, XCHG, CMOVcc, SETcc, BSWAP and the sign extensions of the accumulator. */
final class MoveOps {
    private MoveOps() {}

    static final class MovRegReg64 extends Op {
        private final int dst;
        private final int src;

        MovRegReg64(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, OffHeap.getLong(s.base + src));
        }
    }

    static final class MovRegReg32 extends Op {
        private final int dst;
        private final int src;

        MovRegReg32(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, OffHeap.getInt(s.base + src) & 0xffff_ffffL);
        }
    }

    /** Register to register with any sizes: MOV of 8 and 16 bits, MOVZX and MOVSX from a register. */
    static final class MovRegReg extends Op {
        private final int dst;
        private final int dstSize;
        private final int src;
        private final int srcSize;
        private final boolean signed;

        MovRegReg(int dst, int dstSize, int src, int srcSize, boolean signed) {
            this.dst = dst;
            this.dstSize = dstSize;
            this.src = src;
            this.srcSize = srcSize;
            this.signed = signed;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = Regs.read(s, src, srcSize);
            Regs.write(s, dst, dstSize, signed ? Regs.signExtend(v, srcSize) : v);
        }
    }

    static final class MovzxReg8 extends Op {
        private final int dst;
        private final int src;

        MovzxReg8(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, OffHeap.getByte(s.base + src) & 0xffL);
        }
    }

    static final class Movsxd extends Op {
        private final int dst;
        private final int src;

        Movsxd(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, OffHeap.getInt(s.base + src));
        }
    }

    /** A whole register from an immediate that is already extended as the size demands. */
    static final class MovImm64 extends Op {
        private final int dst;
        private final long value;

        MovImm64(int dst, long value) {
            this.dst = dst;
            this.value = value;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, value);
        }
    }

    static final class MovImm extends Op {
        private final int dst;
        private final int size;
        private final long value;

        MovImm(int dst, int size, long value) {
            this.dst = dst;
            this.size = size;
            this.value = value;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.write(s, dst, size, value);
        }
    }

    static final class Load64 extends MemOp {
        private final int dst;

        Load64(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, m.load64(ea(s, m, 8, false)));
        }
    }

    static final class Load32 extends MemOp {
        private final int dst;

        Load32(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, m.load32(ea(s, m, 4, false)));
        }
    }

    /** MOVZX from a byte in memory to 32 or 64 bits. */
    static final class Load8Z extends MemOp {
        private final int dst;

        Load8Z(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, m.load8(ea(s, m, 1, false)));
        }
    }

    /** MOVZX from 16 bits in memory to 32 or 64 bits. */
    static final class Load16Z extends MemOp {
        private final int dst;

        Load16Z(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, m.load16(ea(s, m, 2, false)));
        }
    }

    /** MOVSXD from memory. */
    static final class Load32S extends MemOp {
        private final int dst;

        Load32S(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, (int) m.load32(ea(s, m, 4, false)));
        }
    }

    /** A load of any size into a register of any size, with extension. */
    static final class Load extends MemOp {
        private final int dst;
        private final int dstSize;
        private final int srcSize;
        private final boolean signed;

        Load(BlockContext b, Insn i, int dst, int dstSize, int srcSize, boolean signed) {
            super(b, i);
            this.dst = dst;
            this.dstSize = dstSize;
            this.srcSize = srcSize;
            this.signed = signed;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = Regs.load(m, ea(s, m, srcSize, false), srcSize);
            Regs.write(s, dst, dstSize, signed ? Regs.signExtend(v, srcSize) : v);
        }
    }

    static final class Store64 extends MemOp {
        private final int src;

        Store64(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            m.store64(ea(s, m, 8, true), OffHeap.getLong(s.base + src));
        }
    }

    static final class Store32 extends MemOp {
        private final int src;

        Store32(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            m.store32(ea(s, m, 4, true), OffHeap.getInt(s.base + src));
        }
    }

    static final class Store16 extends MemOp {
        private final int src;

        Store16(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            m.store16(ea(s, m, 2, true), OffHeap.getShort(s.base + src));
        }
    }

    static final class Store8 extends MemOp {
        private final int src;

        Store8(BlockContext b, Insn i, int src) {
            super(b, i);
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            m.store8(ea(s, m, 1, true), OffHeap.getByte(s.base + src));
        }
    }

    static final class StoreImm extends MemOp {
        private final int size;
        private final long value;

        StoreImm(BlockContext b, Insn i, int size, long value) {
            super(b, i);
            this.size = size;
            this.value = value;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.store(m, ea(s, m, size, true), size, value);
        }
    }

    static final class Lea64 extends MemOp {
        private final int dst;

        Lea64(BlockContext b, Insn i, int dst) {
            super(b, i);
            this.dst = dst;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.putLong(s.base + dst, offset(s, m));
        }
    }

    static final class Lea extends MemOp {
        private final int dst;
        private final int size;

        Lea(BlockContext b, Insn i, int dst, int size) {
            super(b, i);
            this.dst = dst;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.write(s, dst, size, offset(s, m));
        }
    }

    static final class XchgReg extends Op {
        private final int a;
        private final int b;
        private final int size;

        XchgReg(int a, int b, int size) {
            this.a = a;
            this.b = b;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long x = Regs.read(s, a, size);
            Regs.write(s, a, size, Regs.read(s, b, size));
            Regs.write(s, b, size, x);
        }
    }

    static final class XchgMem extends RmOp {
        private final int reg;
        private long old;

        XchgMem(BlockContext b, Insn i, int reg, int size) {
            // Locked with or without the prefix.
            super(b, i, size, true);
            this.reg = reg;
        }

        @Override
        long modify(CpuState s, long value) {
            old = value;
            return Regs.read(s, reg, size);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            readModifyWrite(s, m);
            Regs.write(s, reg, size, old);
        }
    }

    static final class Cmov extends RmOp {
        private final int dst;
        private final int condition;

        Cmov(BlockContext b, Insn i, int dst) {
            super(b, i, i.opSize);
            this.dst = dst;
            condition = i.opcode & 15;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            // The operand is read, and may fault, whatever the condition.
            long v = read(s, m);
            if (Flags.condition(s, condition)) {
                Regs.write(s, dst, size, v);
            } else if (size == 4) {
                Regs.write(s, dst, 4, Regs.read(s, dst, 4));
            }
        }
    }

    static final class Setcc extends RmOp {
        private final int condition;

        Setcc(BlockContext b, Insn i) {
            super(b, i, 1);
            condition = i.opcode & 15;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            write(s, m, Flags.condition(s, condition) ? 1 : 0);
        }
    }

    static final class Bswap extends Op {
        private final int reg;
        private final int size;

        Bswap(int reg, int size) {
            this.reg = reg;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (size == 8) {
                Regs.put64(s, reg, Long.reverseBytes(Regs.get64(s, reg)));
            } else if (size == 4) {
                Regs.put32(s, reg, Integer.reverseBytes(Regs.get32(s, reg)));
            } else {
                // Undefined by the manual; processors clear the register's low half.
                Regs.write(s, reg, 2, 0);
            }
        }
    }

    /** CBW, CWDE, CDQE. */
    static final class ExtendAccumulator extends Op {
        private final int size;

        ExtendAccumulator(int size) {
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long half = Regs.read(s, Regs.RAX, size / 2);
            Regs.write(s, Regs.RAX, size, Regs.signExtend(half, size / 2));
        }
    }

    /** CWD, CDQ, CQO. */
    static final class SignToRdx extends Op {
        private final int size;

        SignToRdx(int size) {
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Regs.write(s, Regs.RDX, size, Regs.signExtend(Regs.read(s, Regs.RAX, size), size) >> 63);
        }
    }

    /** MOVBE. */
    static final class Movbe extends RmOp {
        private final int reg;
        private final boolean store;

        Movbe(BlockContext b, Insn i, int reg, boolean store) {
            super(b, i, i.opSize);
            this.reg = reg;
            this.store = store;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int shift = 64 - 8 * size;
            if (store) {
                write(s, m, Long.reverseBytes(Regs.read(s, reg, size)) >>> shift);
            } else {
                Regs.write(s, reg, size, Long.reverseBytes(read(s, m)) >>> shift);
            }
        }
    }
}
