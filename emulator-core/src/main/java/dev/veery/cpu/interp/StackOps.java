package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** PUSH, POP, PUSHA, POPA, ENTER, LEAVE. */
final class StackOps {
    private StackOps() {}

    /** An op whose implicit accesses go through SS. */
    abstract static class StackOp extends Op {
        @Override
        final boolean throughStack() {
            return true;
        }
    }

    static final class PushReg64 extends StackOp {
        private final int reg;

        PushReg64(int reg) {
            this.reg = reg;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long p = s.base + Regs.RSP;
            long sp = OffHeap.getLong(p) - 8;
            m.store64(sp, OffHeap.getLong(s.base + reg));
            OffHeap.putLong(p, sp);
        }
    }

    static final class PopReg64 extends StackOp {
        private final int reg;

        PopReg64(int reg) {
            this.reg = reg;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long p = s.base + Regs.RSP;
            long sp = OffHeap.getLong(p);
            long v = m.load64(sp);
            OffHeap.putLong(p, sp + 8);
            OffHeap.putLong(s.base + reg, v);
        }
    }

    static final class PushReg extends StackOp {
        private final int reg;
        private final int size;

        PushReg(int reg, int size) {
            this.reg = reg;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Stack.push(s, m, size, Regs.read(s, reg, size));
        }
    }

    static final class PopReg extends StackOp {
        private final int reg;
        private final int size;

        PopReg(int reg, int size) {
            this.reg = reg;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = Stack.peek(s, m, size);
            Stack.release(s, size);
            Regs.write(s, reg, size, v);
        }
    }

    static final class PushImm extends StackOp {
        private final long value;
        private final int size;

        PushImm(long value, int size) {
            this.value = value;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Stack.push(s, m, size, value);
        }
    }

    static final class PushRm extends RmOp {
        PushRm(BlockContext b, Insn i, int size) {
            super(b, i, size);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = read(s, m);
            Stack.checkCanonical(s, Regs.get64(s, Regs.RSP) - size, size);
            Stack.push(s, m, size, v);
        }
    }

    static final class PopRm extends RmOp {
        PopRm(BlockContext b, Insn i, int size) {
            super(b, i, size);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long sp = Regs.get64(s, Regs.RSP);
            Stack.checkCanonical(s, sp, size);
            long v = Stack.peek(s, m, size);
            // An address based on RSP uses the value after the pop (SDM vol. 2, POP).
            Stack.release(s, size);
            boolean done = false;
            try {
                write(s, m, v);
                done = true;
            } finally {
                if (!done) {
                    Regs.put64(s, Regs.RSP, sp);
                }
            }
        }
    }

    /** PUSH of a segment register: the upper bytes are zero. */
    static final class PushSeg extends StackOp {
        private final int seg;
        private final int size;

        PushSeg(int seg, int size) {
            this.seg = seg;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (size == 4) {
                // Processors write only the selector and leave the upper half of a 32-bit slot alone.
                long mask = s.stackMask();
                long sp = Regs.get64(s, Regs.RSP) - 4 & mask;
                m.store16(Stack.linear(s, m, sp, 4, true), s.seg[seg].selector);
                Stack.setSp(s, sp, mask);
            } else {
                Stack.push(s, m, size, s.seg[seg].selector);
            }
        }
    }

    static final class Pusha extends StackOp {
        private final int size;

        Pusha(int size) {
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long mask = s.stackMask();
            long sp = Regs.get64(s, Regs.RSP);
            // The whole frame is proved writable before anything is pushed.
            for (int r = 1; r <= 8; r++) {
                m.probeWrite(Stack.linear(s, m, sp - (long) r * size & mask, size, true), size);
            }
            for (int r = 0; r < 8; r++) {
                long at = sp - (long) (r + 1) * size & mask;
                Regs.store(m, Stack.linear(s, m, at, size, true), size, s.gpr(r));
            }
            Stack.setSp(s, sp - 8L * size & mask, mask);
        }
    }

    static final class Popa extends StackOp {
        private final int size;
        private final long[] values = new long[8];

        Popa(int size) {
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long mask = s.stackMask();
            long sp = Regs.get64(s, Regs.RSP);
            for (int r = 0; r < 8; r++) {
                values[r] = Regs.load(m, Stack.linear(s, m, sp + (long) r * size & mask, size, false), size);
            }
            Stack.setSp(s, sp + 8L * size & mask, mask);
            for (int r = 0; r < 8; r++) {
                // The saved stack pointer is skipped.
                if (r != 3) {
                    Regs.write(s, CpuState.GPR + 8 * (7 - r), size, values[r]);
                }
            }
        }
    }

    static final class Leave extends StackOp {
        private final int size;

        Leave(int size) {
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long mask = s.stackMask();
            long bp = Regs.get64(s, Regs.RBP) & mask;
            long v = Regs.load(m, Stack.linear(s, m, bp, size, false), size);
            Stack.setSp(s, bp + size & mask, mask);
            Regs.write(s, Regs.RBP, size, v);
        }
    }

    static final class Enter extends StackOp {
        private final int size;
        private final int locals;
        private final int level;

        Enter(int size, int locals, int level) {
            this.size = size;
            this.locals = locals;
            this.level = level & 31;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long mask = s.stackMask();
            long oldSp = Regs.get64(s, Regs.RSP);
            long sp = oldSp - size & mask;
            long bp = Regs.get64(s, Regs.RBP);
            long frame = sp;
            Regs.store(m, Stack.linear(s, m, sp, size, true), size, bp);
            for (int l = 1; l < level; l++) {
                bp = bp - size & mask;
                long v = Regs.load(m, Stack.linear(s, m, bp, size, false), size);
                sp = sp - size & mask;
                Regs.store(m, Stack.linear(s, m, sp, size, true), size, v);
            }
            if (level > 0) {
                sp = sp - size & mask;
                Regs.store(m, Stack.linear(s, m, sp, size, true), size, frame);
            }
            sp = sp - locals & mask;
            // A stack that cannot hold the locals faults here, not later (SDM vol. 2, ENTER).
            m.probeWrite(Stack.linear(s, m, sp, size, true), size);
            Stack.setSp(s, sp, mask);
            Regs.write(s, Regs.RBP, size, frame);
        }
    }
}
