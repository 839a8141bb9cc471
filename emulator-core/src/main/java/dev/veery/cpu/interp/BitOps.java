package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Alu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/** Bit tests and scans, POPCNT, compare-and-exchange, exchange-and-add, ADCX and ADOX. */
final class BitOps {
    private BitOps() {}

    /** BT, BTS, BTR, BTC with a register index: memory operands reach beyond the addressed word. */
    static final class BitTestReg extends RmOp {
        private final int op;
        private final int reg;

        BitTestReg(BlockContext b, Insn i, int op) {
            super(b, i, i.opSize);
            this.op = op;
            reg = Regs.offset(i, i.reg, i.opSize);
        }

        private long bit(CpuState s) {
            return 1L << (Regs.read(s, reg, size) & size * 8 - 1);
        }

        @Override
        long modify(CpuState s, long value) {
            long bit = bit(s);
            Flags.setCarry(s, (value & bit) != 0);
            return change(op, value, bit);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long bit = bit(s);
            if (isReg) {
                long v = Regs.read(s, rm, size);
                Flags.setCarry(s, (v & bit) != 0);
                if (op != 0) {
                    Regs.write(s, rm, size, change(op, v, bit));
                }
                return;
            }
            long displacement = (Regs.signExtend(Regs.read(s, reg, size), size) >> 3) & -size;
            long a = eaPlus(s, m, displacement, size, op != 0);
            if (op == 0) {
                Flags.setCarry(s, (Regs.load(m, a, size) & bit) != 0);
            } else {
                modifyMemory(s, m, a);
            }
        }
    }

    static long change(int op, long value, long bit) {
        return op == 1 ? value | bit : op == 2 ? value & ~bit : value ^ bit;
    }

    /** BT, BTS, BTR, BTC with an immediate index. */
    static final class BitTestImm extends RmOp {
        private final int op;
        private final long bit;

        BitTestImm(BlockContext b, Insn i, int op) {
            super(b, i, i.opSize);
            this.op = op;
            bit = 1L << (i.imm & size * 8 - 1);
        }

        @Override
        long modify(CpuState s, long value) {
            Flags.setCarry(s, (value & bit) != 0);
            return change(op, value, bit);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (op == 0) {
                Flags.setCarry(s, (read(s, m) & bit) != 0);
            } else {
                readModifyWrite(s, m);
            }
        }
    }

    /** BSF and BSR: a zero source sets ZF and leaves the destination as it was. */
    static final class BitScan extends RmOp {
        private final int dst;
        private final boolean reverse;

        BitScan(BlockContext b, Insn i, boolean reverse) {
            super(b, i, i.opSize);
            dst = Regs.offset(i, i.reg, i.opSize);
            this.reverse = reverse;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            int f = s.flags() & Cr.ARITH & ~Cr.ZF;
            if (v == 0) {
                Flags.setArithmetic(s, f | Cr.ZF);
            } else {
                int n = reverse ? 63 - Long.numberOfLeadingZeros(v) : Long.numberOfTrailingZeros(v);
                Regs.write(s, dst, size, n);
                Flags.setArithmetic(s, f);
            }
        }
    }

    /** TZCNT and LZCNT. */
    static final class CountZeros extends RmOp {
        private final int dst;
        private final boolean leading;

        CountZeros(BlockContext b, Insn i, boolean leading) {
            super(b, i, i.opSize);
            dst = Regs.offset(i, i.reg, i.opSize);
            this.leading = leading;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            int bits = size * 8;
            int n = leading
                    ? Long.numberOfLeadingZeros(v) - (64 - bits)
                    : Math.min(bits, Long.numberOfTrailingZeros(v));
            int kept = s.flags() & Cr.ARITH & ~(Cr.CF | Cr.ZF);
            Flags.setArithmetic(s, kept | (n == bits ? Cr.CF : 0) | (n == 0 ? Cr.ZF : 0));
            Regs.write(s, dst, size, n);
        }
    }

    static final class Popcnt extends RmOp {
        private final int dst;

        Popcnt(BlockContext b, Insn i) {
            super(b, i, i.opSize);
            dst = Regs.offset(i, i.reg, i.opSize);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            Regs.write(s, dst, size, Long.bitCount(v));
            Flags.setArithmetic(s, v == 0 ? Cr.ZF : 0);
        }
    }

    static final class Cmpxchg extends RmOp {
        private final int reg;

        /** What {@link #modify} found the last time. */
        private long found;

        Cmpxchg(BlockContext b, Insn i, int size) {
            super(b, i, size);
            reg = Regs.offset(i, i.reg, size);
        }

        /** The destination is written in any case, with its own value when they differ (SDM vol. 2, CMPXCHG). */
        @Override
        long modify(CpuState s, long value) {
            found = value;
            return matches(s, value) ? Regs.read(s, reg, size) : value;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (isReg) {
                long v = Regs.read(s, rm, size);
                if (matches(s, v)) {
                    Regs.write(s, rm, size, Regs.read(s, reg, size));
                } else {
                    Regs.write(s, Regs.RAX, size, v);
                }
                return;
            }
            modifyMemory(s, m, ea(s, m, size, true));
            if (found != Regs.read(s, Regs.RAX, size)) {
                Regs.write(s, Regs.RAX, size, found);
            }
        }

        private boolean matches(CpuState s, long value) {
            long accumulator = Regs.read(s, Regs.RAX, size);
            Alu.op(s, Alu.CMP, size, accumulator, value);
            return accumulator == value;
        }
    }

    static final class Xadd extends RmOp {
        private final int reg;
        private long old;

        Xadd(BlockContext b, Insn i, int size) {
            super(b, i, size);
            reg = Regs.offset(i, i.reg, size);
        }

        @Override
        long modify(CpuState s, long value) {
            old = value;
            return Alu.op(s, Alu.ADD, size, value, Regs.read(s, reg, size));
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (isReg) {
                long a = Regs.read(s, rm, size);
                long sum = Alu.op(s, Alu.ADD, size, a, Regs.read(s, reg, size));
                Regs.write(s, reg, size, a);
                Regs.write(s, rm, size, sum);
            } else {
                readModifyWrite(s, m);
                Regs.write(s, reg, size, old);
            }
        }
    }

    /** CMPXCHG8B and CMPXCHG16B. */
    static final class CmpxchgPair extends MemOp {
        private final int half;
        private final boolean locked;
        private final CpuEnv env;

        CmpxchgPair(BlockContext b, Insn i, int half) {
            super(b, i);
            this.half = half;
            locked = i.lock;
            env = b.env();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long a = ea(s, m, 2 * half, true);
            if (half == 8 && (a & 15) != 0) {
                throw s.raise(Vector.GP, 0);
            }
            if (!locked) {
                loadAndStore(s, m, a);
                return;
            }
            long host = m.hostForWrite(a, 2 * half);
            boolean tracked = host == 0;
            if (tracked) {
                host = m.hostForTracked(a, 2 * half);
            }
            boolean atomic = half == 8 ? env.compareAndSet16() : Locked.possible(host, 8);
            if (host == 0 || !atomic) {
                env.beginExclusive();
                try {
                    loadAndStore(s, m, a);
                } finally {
                    env.endExclusive();
                }
                return;
            }
            if (half == 8) {
                exchange16(s, host);
            } else {
                exchange8(s, host);
            }
            if (tracked) {
                m.noteTracked(2 * half);
            }
        }

        private void loadAndStore(CpuState s, Mmu m, long a) {
            m.probeWrite(a, 2 * half);
            long low = Regs.load(m, a, half);
            long high = Regs.load(m, a + half, half);
            boolean equal = low == Regs.read(s, Regs.RAX, half) && high == Regs.read(s, Regs.RDX, half);
            Regs.store(m, a, half, equal ? Regs.read(s, Regs.RBX, half) : low);
            Regs.store(m, a + half, half, equal ? Regs.read(s, Regs.RCX, half) : high);
            finish(s, equal, low, high);
        }

        private void finish(CpuState s, boolean equal, long low, long high) {
            int f = s.flags() & ~Cr.ZF;
            if (!equal) {
                Regs.write(s, Regs.RAX, half, low);
                Regs.write(s, Regs.RDX, half, high);
            }
            s.rflags = equal ? f | Cr.ZF : f;
        }

        private static long pair(CpuState s, int high, int low) {
            return Regs.read(s, high, 4) << 32 | Regs.read(s, low, 4);
        }

        private void exchange8(CpuState s, long host) {
            long expected = pair(s, Regs.RDX, Regs.RAX);
            long wanted = pair(s, Regs.RCX, Regs.RBX);
            long old;
            do {
                old = OffHeap.getLongAcquire(host);
            } while (!Locked.compareAndSet(host, 8, old, old == expected ? wanted : old));
            finish(s, old == expected, old & 0xffff_ffffL, old >>> 32);
        }

        private void exchange16(CpuState s, long host) {
            long low;
            long high;
            boolean equal;
            boolean done;
            do {
                // The two halves may be of different times: writing them back proves that they are not.
                low = OffHeap.getLongAcquire(host);
                high = OffHeap.getLongAcquire(host + 8);
                equal = low == Regs.get64(s, Regs.RAX) && high == Regs.get64(s, Regs.RDX);
                done = env.compareAndSet16(
                        host, low, high, equal ? Regs.get64(s, Regs.RBX) : low, equal ? Regs.get64(s, Regs.RCX) : high);
            } while (!done);
            finish(s, equal, low, high);
        }
    }

    /** ADCX and ADOX: an addition with one flag as carry in and out, the others untouched. */
    static final class AddWithFlag extends RmOp {
        private final int dst;
        private final int flag;

        AddWithFlag(BlockContext b, Insn i, int flag) {
            super(b, i, i.rexW() ? 8 : 4);
            dst = Regs.offset(i, i.reg, size);
            this.flag = flag;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            int f = s.flags();
            long in = (f & flag) != 0 ? 1 : 0;
            long a = Regs.read(s, dst, size);
            long sum = a + v + in;
            boolean out = size == 4 ? sum >>> 32 != 0 : Long.compareUnsigned(sum, a) < 0 || in != 0 && sum == a;
            Regs.write(s, dst, size, sum);
            s.rflags = f & ~flag | (out ? flag : 0);
        }
    }
}
