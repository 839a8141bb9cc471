package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Fpu;
import dev.veery.cpu.semantics.FpuArith;
import dev.veery.cpu.semantics.FpuData;
import dev.veery.cpu.semantics.FpuEnvironment;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Feature;

/** x87 instructions with a memory operand. */
final class FpuMemOps {
    private static final int FLDENV = 4;
    private static final int FLDCW = 5;
    private static final int FNSTENV = 6;
    private static final int FNSTCW = 7;
    private static final int FRSTOR = 8;
    private static final int FNSAVE = 9;
    private static final int FNSTSW = 10;

    private FpuMemOps() {}

    private static int size(int kind) {
        return kind == FpuArith.M64 ? 8 : kind == FpuArith.I16 ? 2 : 4;
    }

    /** Waits for a pending exception, and is recorded with its operand. */
    private abstract static class Waiting extends MemOp {
        private final int fop;
        private final int at;
        private final int bytes;
        private final boolean write;

        Waiting(BlockContext b, Insn i, int bytes, boolean write) {
            super(b, i);
            fop = FpuOps.fop(i);
            at = b.offset();
            this.bytes = bytes;
            this.write = write;
        }

        @Override
        public final void exec(CpuState s, Mmu m) {
            Fpu.enter(s);
            long fdp = offset(s, m);
            run(s, m, ea(s, m, bytes, write));
            FpuOps.record(s, m, at, fop);
            Fpu.setOperand(s, fdp, s.code64() ? 0 : s.seg[seg].selector);
        }

        abstract void run(CpuState s, Mmu m, long ea);
    }

    static final class Arith extends Waiting {
        private final int op;
        private final int kind;

        Arith(BlockContext b, Insn i, int op, int kind) {
            super(b, i, size(kind), false);
            this.op = op;
            this.kind = kind;
        }

        @Override
        void run(CpuState s, Mmu m, long ea) {
            FpuArith.arithMemory(s, m, op, kind, ea);
        }
    }

    private static final class Load extends Waiting {
        private final int kind;

        Load(BlockContext b, Insn i, int kind) {
            super(b, i, size(kind), false);
            this.kind = kind;
        }

        @Override
        void run(CpuState s, Mmu m, long ea) {
            FpuData.loadMemory(s, m, kind, ea);
        }
    }

    /** FST and FSTP of 4 and 8 bytes. */
    private static final class StoreFloat extends Waiting {
        private final int bytes;
        private final boolean pop;

        StoreFloat(BlockContext b, Insn i, int bytes, boolean pop) {
            super(b, i, bytes, true);
            this.bytes = bytes;
            this.pop = pop;
        }

        @Override
        void run(CpuState s, Mmu m, long ea) {
            if (bytes == 4) {
                FpuData.storeF32(s, m, ea, pop);
            } else {
                FpuData.storeF64(s, m, ea, pop);
            }
        }
    }

    /** FIST, FISTP and FISTTP. */
    private static final class StoreInt extends Waiting {
        private final int bytes;
        private final boolean truncate;
        private final boolean pop;

        StoreInt(BlockContext b, Insn i, int bytes, boolean truncate, boolean pop) {
            super(b, i, bytes, true);
            this.bytes = bytes;
            this.truncate = truncate;
            this.pop = pop;
        }

        @Override
        void run(CpuState s, Mmu m, long ea) {
            FpuData.storeInt(s, m, bytes, ea, truncate, pop);
        }
    }

    /** FILD m64int, and the ten-byte operands of FLD, FSTP, FBLD and FBSTP. */
    private static final class Ten extends Waiting {
        private static final int FBLD = 0;
        private static final int FILD = 1;
        private static final int FBSTP = 2;
        private static final int FLD = 3;
        private static final int FSTP = 4;
        private final int kind;

        Ten(BlockContext b, Insn i, int kind) {
            super(b, i, kind == FILD ? 8 : 10, kind == FBSTP || kind == FSTP);
            this.kind = kind;
        }

        @Override
        void run(CpuState s, Mmu m, long ea) {
            switch (kind) {
                case FBLD:
                    FpuData.loadBcd(s, m, ea);
                    break;
                case FILD:
                    FpuData.loadInt64(s, m, ea);
                    break;
                case FBSTP:
                    FpuData.storeBcd(s, m, ea);
                    break;
                case FLD:
                    FpuData.load80(s, m, ea);
                    break;
                default:
                    FpuData.store80(s, m, ea);
                    break;
            }
        }
    }

    /** Control instructions with an operand: only those that load wait; none is recorded. */
    private static final class Control extends MemOp {
        private final int kind;
        private final int operandSize;

        Control(BlockContext b, Insn i, int kind) {
            super(b, i);
            this.kind = kind;
            // REX.W wins over 66h.
            operandSize = i.opSize == 2 ? 2 : 4;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (kind == FLDENV || kind == FLDCW || kind == FRSTOR) {
                Fpu.enter(s);
            } else {
                Fpu.available(s);
            }
            switch (kind) {
                case FLDENV:
                    FpuEnvironment.loadEnvironment(
                            s, m, operandSize, ea(s, m, FpuEnvironment.size(operandSize), false));
                    break;
                case FLDCW:
                    FpuEnvironment.loadControl(s, m, ea(s, m, 2, false));
                    break;
                case FNSTENV:
                    FpuEnvironment.storeEnvironment(
                            s, m, operandSize, ea(s, m, FpuEnvironment.size(operandSize), true));
                    break;
                case FNSTCW:
                    FpuEnvironment.storeControl(s, m, ea(s, m, 2, true));
                    break;
                case FRSTOR:
                    FpuEnvironment.restore(s, m, operandSize, ea(s, m, FpuEnvironment.saveSize(operandSize), false));
                    break;
                case FNSAVE:
                    FpuEnvironment.save(s, m, operandSize, ea(s, m, FpuEnvironment.saveSize(operandSize), true));
                    break;
                default:
                    FpuEnvironment.storeStatus(s, m, ea(s, m, 2, true));
                    break;
            }
        }
    }

    /** The op for the memory forms of D9, DB, DD and DF. */
    static Op data(BlockContext b, Insn i, int group) {
        switch (i.opcode) {
            case 0xd9:
                return floats(b, i, group, FpuArith.M32);
            case 0xdb:
                if (group < 4) {
                    return ints(b, i, group, FpuArith.I32);
                }
                return group == 5 || group == 7
                        ? new Ten(b, i, group == 5 ? Ten.FLD : Ten.FSTP)
                        : new Lowering.Undefined();
            case 0xdd:
                return group == 1 ? truncated(b, i, 8) : floats(b, i, group, FpuArith.M64);
            default:
                if (group < 4) {
                    return ints(b, i, group, FpuArith.I16);
                }
                return group == 7 ? new StoreInt(b, i, 8, false, true) : new Ten(b, i, group - 4);
        }
    }

    private static Op truncated(BlockContext b, Insn i, int bytes) {
        return b.model().has(Feature.SSE3) ? new StoreInt(b, i, bytes, true, true) : new Lowering.Undefined();
    }

    private static Op ints(BlockContext b, Insn i, int group, int kind) {
        switch (group) {
            case 0:
                return new Load(b, i, kind);
            case 1:
                return truncated(b, i, size(kind));
            default:
                return new StoreInt(b, i, size(kind), false, group == 3);
        }
    }

    private static Op floats(BlockContext b, Insn i, int group, int kind) {
        boolean single = kind == FpuArith.M32;
        switch (group) {
            case 0:
                return new Load(b, i, kind);
            case 1:
                return new Lowering.Undefined();
            case 2:
            case 3:
                return new StoreFloat(b, i, size(kind), group == 3);
            case 4:
                return new Control(b, i, single ? FLDENV : FRSTOR);
            case 5:
                return single ? new Control(b, i, FLDCW) : new Lowering.Undefined();
            case 6:
                return new Control(b, i, single ? FNSTENV : FNSAVE);
            default:
                return new Control(b, i, single ? FNSTCW : FNSTSW);
        }
    }
}
