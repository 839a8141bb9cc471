package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Fpu;
import dev.veery.cpu.semantics.FpuArith;
import dev.veery.cpu.semantics.FpuData;
import dev.veery.cpu.semantics.FpuEnvironment;
import dev.veery.cpu.semantics.FpuFunctions;
import dev.veery.cpu.semantics.SoftTrig;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;

/** x87 instructions without a memory operand. */
final class FpuOps {
    static final int NOTHING = 0;
    static final int CLEAR = 1;
    static final int INIT = 2;
    static final int STORE_STATUS = 3;

    static final int MOVE = 0;
    static final int FREE = 1;
    static final int FREE_POP = 2;
    static final int EXCHANGE = 3;
    static final int STORE = 4;
    static final int STORE_POP = 5;
    static final int LOAD = 6;
    static final int STORE_UNCHECKED = 7;

    private FpuOps() {}

    /** FOP: the low three bits of the opcode above ModRM. */
    static int fop(Insn i) {
        return (i.opcode & 7) << 8 | i.modrm;
    }

    /** Records the instruction at {@code at} of the current block. */
    static void record(CpuState s, Mmu m, int at, int fop) {
        Fpu.setInstruction(s, m.blockRip + at, s.code64() ? 0 : s.seg[Seg.CS].selector, fop);
    }

    /** Everything but the control instructions: waits for a pending exception, and is recorded. */
    private abstract static class Waiting extends Op {
        private final int fop;
        private final int at;

        Waiting(BlockContext b, Insn i) {
            fop = fop(i);
            at = b.offset();
        }

        @Override
        public final void exec(CpuState s, Mmu m) {
            Fpu.enter(s);
            run(s);
            record(s, m, at, fop);
        }

        abstract void run(CpuState s);
    }

    static final class Arith extends Waiting {
        private final int op;
        private final int src;
        private final int dst;
        private final boolean pop;

        Arith(BlockContext b, Insn i, int op, int src, int dst, boolean pop) {
            super(b, i);
            this.op = op;
            this.src = src;
            this.dst = dst;
            this.pop = pop;
        }

        @Override
        void run(CpuState s) {
            FpuArith.arith(s, op, src, dst, pop);
        }
    }

    static final class Compare extends Waiting {
        private final int src;
        private final boolean signalling;
        private final int pops;

        Compare(BlockContext b, Insn i, int src, boolean signalling, int pops) {
            super(b, i);
            this.src = src;
            this.signalling = signalling;
            this.pops = pops;
        }

        @Override
        void run(CpuState s) {
            FpuArith.compare(s, src, signalling, pops);
        }
    }

    static final class CompareFlags extends Waiting {
        private final int src;
        private final boolean signalling;
        private final boolean pop;

        CompareFlags(BlockContext b, Insn i, int src, boolean signalling, boolean pop) {
            super(b, i);
            this.src = src;
            this.signalling = signalling;
            this.pop = pop;
        }

        @Override
        void run(CpuState s) {
            FpuArith.compareFlags(s, src, signalling, pop);
        }
    }

    static final class Stack extends Waiting {
        private final int kind;
        private final int n;
        private final int cc;

        Stack(BlockContext b, Insn i, int kind, int n, int cc) {
            super(b, i);
            this.kind = kind;
            this.n = n;
            this.cc = cc;
        }

        @Override
        void run(CpuState s) {
            switch (kind) {
                case MOVE:
                    FpuData.move(s, cc, n);
                    break;
                case FREE:
                    FpuData.free(s, n, false);
                    break;
                case FREE_POP:
                    FpuData.free(s, n, true);
                    break;
                case EXCHANGE:
                    FpuData.exchange(s, n);
                    break;
                case STORE:
                    FpuData.store(s, n, false);
                    break;
                case STORE_POP:
                    FpuData.store(s, n, true);
                    break;
                case STORE_UNCHECKED:
                    FpuData.storeUnchecked(s, n);
                    break;
                default:
                    FpuData.load(s, n);
                    break;
            }
        }
    }

    /** D9 E0 to FF, by the low five bits of ModRM, and FNOP. */
    static final class Unary extends Waiting {
        private static final int FNOP = 0x10;
        private final int code;

        private Unary(BlockContext b, Insn i, int code) {
            super(b, i);
            this.code = code;
        }

        static Op of(BlockContext b, Insn i, int group, int n) {
            switch (group) {
                case 0:
                    return new Stack(b, i, LOAD, n, 0);
                case 1:
                    return new Stack(b, i, EXCHANGE, n, 0);
                case 2:
                    return n == 0 ? new Unary(b, i, FNOP + 0x10) : new Lowering.Undefined();
                case 3:
                    return new Stack(b, i, STORE_UNCHECKED, n, 0);
                default:
                    int code = i.modrm & 0x1f;
                    boolean hole = code == 2 || code == 3 || code == 6 || code == 7 || code == 15;
                    return hole ? new Lowering.Undefined() : new Unary(b, i, code);
            }
        }

        @Override
        void run(CpuState s) {
            if (code < 16) {
                simple(s);
            } else {
                function(s);
            }
        }

        private void simple(CpuState s) {
            switch (code) {
                case 0:
                    FpuData.sign(s, false);
                    break;
                case 1:
                    FpuData.sign(s, true);
                    break;
                case 4:
                    FpuArith.test(s);
                    break;
                case 5:
                    FpuData.examine(s);
                    break;
                default:
                    FpuData.loadConstant(s, code - 8);
                    break;
            }
        }

        private void function(CpuState s) {
            switch (code) {
                case 0x10:
                    FpuFunctions.unary(s, FpuFunctions.F2XM1);
                    break;
                case 0x11:
                    FpuFunctions.binary(s, FpuFunctions.YL2X);
                    break;
                case 0x12:
                    FpuFunctions.circularPush(s, false);
                    break;
                case 0x13:
                    FpuFunctions.binary(s, FpuFunctions.PATAN);
                    break;
                case 0x14:
                    FpuFunctions.extract(s);
                    break;
                case 0x15:
                    FpuFunctions.remainder(s, true);
                    break;
                case 0x16:
                    FpuData.rotate(s, -1);
                    break;
                case 0x17:
                    FpuData.rotate(s, 1);
                    break;
                case 0x18:
                    FpuFunctions.remainder(s, false);
                    break;
                case 0x19:
                    FpuFunctions.binary(s, FpuFunctions.YL2XP1);
                    break;
                case 0x1a:
                    FpuFunctions.unary(s, FpuFunctions.SQRT);
                    break;
                case 0x1b:
                    FpuFunctions.circularPush(s, true);
                    break;
                case 0x1c:
                    FpuFunctions.unary(s, FpuFunctions.RNDINT);
                    break;
                case 0x1d:
                    FpuFunctions.unary(s, FpuFunctions.SCALE);
                    break;
                case 0x1e:
                    FpuFunctions.circular(s, SoftTrig.SIN);
                    break;
                case 0x1f:
                    FpuFunctions.circular(s, SoftTrig.COS);
                    break;
                default:
                    // FNOP has waited, and that was all.
                    break;
            }
        }
    }

    /** Control instructions: they do not wait, and are not recorded. */
    static final class Control extends Op {
        private final int kind;

        Control(int kind) {
            this.kind = kind;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Fpu.available(s);
            switch (kind) {
                case CLEAR:
                    Fpu.clearExceptions(s);
                    break;
                case INIT:
                    Fpu.init(s);
                    break;
                case STORE_STATUS:
                    FpuEnvironment.storeStatusAx(s);
                    break;
                default:
                    // FENI, FDISI and FSETPM have done nothing since the 387.
                    break;
            }
        }
    }
}
