package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;

/** Near jumps, calls and returns, and the end of a block that has none. */
final class BranchOps {
    private BranchOps() {}

    /** A direct branch: the target's distance from the block's start is known. */
    abstract static class Direct extends Terminator {
        private final long delta;
        private final long mask;

        Direct(BlockContext b, Insn i) {
            super(b, i);
            delta = b.nextOffset(i) + i.imm;
            mask = i.codeSize == 64 ? -1L : i.opSize == 2 ? 0xffffL : 0xffff_ffffL;
        }

        /** The target, checked against the code segment where that has a limit. */
        final long target(CpuState s, Mmu m) {
            long t = m.blockRip + delta & mask;
            if (mask != -1L) {
                checkLimit(s, t);
            }
            return t;
        }
    }

    static void checkLimit(CpuState s, long target) {
        if (target > s.seg[Seg.CS].limit) {
            throw s.gp0();
        }
    }

    /** A target that comes from a register or from memory. */
    static void checkTarget(CpuState s, long target) {
        if (s.code64()) {
            if (target << 16 >> 16 != target) {
                throw s.gp0();
            }
        } else {
            checkLimit(s, target);
        }
    }

    static final class Jmp extends Direct {
        Jmp(BlockContext b, Insn i) {
            super(b, i);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            s.rip = target(s, m);
        }
    }

    static final class Jcc extends Direct {
        private final int condition;

        Jcc(BlockContext b, Insn i) {
            super(b, i);
            condition = i.opcode & 15;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            s.rip = Flags.condition(s, condition) ? target(s, m) : nextRip(m);
        }
    }

    /** JE and JNE, the most frequent by far. */
    static final class Jz extends Direct {
        private final boolean wanted;

        Jz(BlockContext b, Insn i) {
            super(b, i);
            wanted = (i.opcode & 1) == 0;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            s.rip = Flags.zero(s) == wanted ? target(s, m) : nextRip(m);
        }
    }

    /** LOOPNE, LOOPE, LOOP, JCXZ: opcodes E0 to E3. */
    static final class Loop extends Direct {
        private final int kind;
        private final int countSize;

        Loop(BlockContext b, Insn i) {
            super(b, i);
            kind = i.opcode & 3;
            countSize = i.addrSize;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long count = Regs.read(s, Regs.RCX, countSize);
            if (kind == 3) {
                s.rip = count == 0 ? target(s, m) : nextRip(m);
                return;
            }
            long left = Regs.signExtend(count - 1, countSize);
            boolean taken = left != 0 && (kind == 2 || Flags.zero(s) == (kind == 1));
            long rip = taken ? target(s, m) : nextRip(m);
            Regs.write(s, Regs.RCX, countSize, left);
            s.rip = rip;
        }
    }

    static final class Call64 extends Direct {
        Call64(BlockContext b, Insn i) {
            super(b, i);
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long p = s.base + Regs.RSP;
            long sp = OffHeap.getLong(p) - 8;
            m.store64(sp, nextRip(m));
            OffHeap.putLong(p, sp);
            s.rip = target(s, m);
        }
    }

    static final class Call extends Direct {
        private final int size;

        Call(BlockContext b, Insn i) {
            super(b, i);
            size = i.opSize;
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long t = target(s, m);
            Stack.push(s, m, size, nextRip(m));
            s.rip = t;
        }
    }

    /** JMP through a register or memory. */
    static final class JmpRm extends Terminator {
        private final boolean isReg;
        private final int reg;
        private final int size;

        JmpRm(BlockContext b, Insn i, int size) {
            super(b, i);
            isReg = i.isReg();
            reg = CpuState.GPR + 8 * i.rm;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long t = isReg ? Regs.read(s, reg, size) : Regs.load(m, ea(s, m, size, false), size);
            checkTarget(s, t);
            s.rip = t;
        }
    }

    /** CALL through a register or memory. */
    static final class CallRm extends Terminator {
        private final boolean isReg;
        private final int reg;
        private final int size;

        CallRm(BlockContext b, Insn i, int size) {
            super(b, i);
            isReg = i.isReg();
            reg = CpuState.GPR + 8 * i.rm;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long t = isReg ? Regs.read(s, reg, size) : Regs.load(m, ea(s, m, size, false), size);
            if (size == 8) {
                call64(s, m, t);
                return;
            }
            checkTarget(s, t);
            Stack.push(s, m, size, nextRip(m));
            s.rip = t;
        }

        /** Processors write the return address before they look at the target. */
        private void call64(CpuState s, Mmu m, long target) {
            long sp = OffHeap.getLong(s.base + Regs.RSP) - 8;
            Stack.checkCanonical(s, sp, 8);
            m.store64(sp, nextRip(m));
            checkTarget(s, target);
            OffHeap.putLong(s.base + Regs.RSP, sp);
            s.rip = target;
        }
    }

    static final class Ret64 extends Terminator {
        private final int release;

        Ret64(BlockContext b, Insn i, int release) {
            super(b, i);
            this.release = 8 + release;
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long p = s.base + Regs.RSP;
            long sp = OffHeap.getLong(p);
            long t = m.load64(sp);
            if (t << 16 >> 16 != t) {
                throw s.gp0();
            }
            OffHeap.putLong(p, sp + release);
            s.rip = t;
        }
    }

    static final class Ret extends Terminator {
        private final int size;
        private final int release;

        Ret(BlockContext b, Insn i, int size, int release) {
            super(b, i);
            this.size = size;
            this.release = size + release;
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long t = Stack.peek(s, m, size);
            checkTarget(s, t);
            Stack.release(s, release);
            s.rip = t;
        }
    }

    /** The end of a block that stops before a branch: takes no part of the guest's code. */
    static final class End extends Op {
        private final int next;
        private final long mask;

        End(BlockContext b) {
            next = b.offset();
            mask = (b.mode() & CpuState.MODE_CODE) == CpuState.CODE64 ? -1L : 0xffff_ffffL;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            s.rip = m.blockRip + next & mask;
        }
    }
}
