package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Fpu;
import dev.veery.cpu.semantics.FpuArith;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Feature;
import org.jspecify.annotations.Nullable;

/** The x87 opcodes D8 to DF, and WAIT (SDM vol. 2, appendix B.17). */
final class FpuLowering {
    private static final int WAIT = 0x9b;

    private FpuLowering() {}

    /** The op for {@code i}, or null when it is no FPU opcode. */
    static @Nullable Op lower(BlockContext b, Insn i) {
        if (i.map != Insn.MAP_1) {
            return null;
        }
        if (i.opcode == WAIT) {
            return new Wait();
        }
        if ((i.opcode & 0xf8) != 0xd8) {
            return null;
        }
        if (i.lock || !b.model().has(Feature.FPU)) {
            return new Lowering.Undefined();
        }
        return i.isReg() ? register(b, i) : memory(b, i);
    }

    private static final class Wait extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            Fpu.await(s);
        }
    }

    private static Op register(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        int n = i.modrm & 7;
        switch (i.opcode) {
            case 0xd8:
                return arith(b, i, group, n, 0, false);
            case 0xd9:
                return FpuOps.Unary.of(b, i, group, n);
            case 0xda:
                if (group < 4) {
                    return move(b, i, group, n);
                }
                return i.modrm == 0xe9 ? new FpuOps.Compare(b, i, 1, false, 2) : new Lowering.Undefined();
            case 0xdb:
                return groupDb(b, i, group, n);
            case 0xdc:
                return arith(b, i, group, n, n, false);
            case 0xdd:
                return groupDd(b, i, group, n);
            case 0xde:
                if (group == FpuArith.COMP) {
                    return n == 1 ? new FpuOps.Compare(b, i, 1, true, 2) : new Lowering.Undefined();
                }
                return group == FpuArith.COM
                        ? new FpuOps.Compare(b, i, n, true, 1)
                        : new FpuOps.Arith(b, i, group, n, n, true);
            default:
                return groupDf(b, i, group, n);
        }
    }

    private static Op arith(BlockContext b, Insn i, int group, int src, int dst, boolean pop) {
        if (group == FpuArith.COM || group == FpuArith.COMP) {
            return new FpuOps.Compare(b, i, src, true, group == FpuArith.COMP ? 1 : 0);
        }
        return new FpuOps.Arith(b, i, group, src, dst, pop);
    }

    /** FCMOVcc: groups 0 to 3 of DA are B, E, BE and U; of DB their opposites. */
    private static Op move(BlockContext b, Insn i, int group, int n) {
        if (!b.model().has(Feature.CMOV)) {
            return new Lowering.Undefined();
        }
        int cc = group == 0 ? 2 : group == 1 ? 4 : group == 2 ? 6 : 10;
        return new FpuOps.Stack(b, i, FpuOps.MOVE, n, i.opcode == 0xdb ? cc | 1 : cc);
    }

    private static Op groupDb(BlockContext b, Insn i, int group, int n) {
        if (group < 4) {
            return move(b, i, group, n);
        }
        if (group == 4) {
            switch (n) {
                case 0:
                case 1:
                case 4:
                    return new FpuOps.Control(FpuOps.NOTHING);
                case 2:
                    return new FpuOps.Control(FpuOps.CLEAR);
                case 3:
                    return new FpuOps.Control(FpuOps.INIT);
                default:
                    return new Lowering.Undefined();
            }
        }
        return compareFlags(b, i, group, n, false);
    }

    private static Op compareFlags(BlockContext b, Insn i, int group, int n, boolean pop) {
        if (group != 5 && group != 6 || !b.model().has(Feature.CMOV)) {
            return new Lowering.Undefined();
        }
        return new FpuOps.CompareFlags(b, i, n, group == 6, pop);
    }

    private static Op groupDd(BlockContext b, Insn i, int group, int n) {
        switch (group) {
            case 0:
                return new FpuOps.Stack(b, i, FpuOps.FREE, n, 0);
            case 1:
                return new FpuOps.Stack(b, i, FpuOps.EXCHANGE, n, 0);
            case 2:
                return new FpuOps.Stack(b, i, FpuOps.STORE, n, 0);
            case 3:
                return new FpuOps.Stack(b, i, FpuOps.STORE_POP, n, 0);
            case 4:
                return new FpuOps.Compare(b, i, n, false, 0);
            case 5:
                return new FpuOps.Compare(b, i, n, false, 1);
            default:
                return new Lowering.Undefined();
        }
    }

    private static Op groupDf(BlockContext b, Insn i, int group, int n) {
        switch (group) {
            case 0:
                return new FpuOps.Stack(b, i, FpuOps.FREE_POP, n, 0);
            case 1:
                return new FpuOps.Stack(b, i, FpuOps.EXCHANGE, n, 0);
            case 2:
            case 3:
                return new FpuOps.Stack(b, i, FpuOps.STORE_POP, n, 0);
            case 4:
                return n == 0 ? new FpuOps.Control(FpuOps.STORE_STATUS) : new Lowering.Undefined();
            default:
                return compareFlags(b, i, group, n, true);
        }
    }

    private static Op memory(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        switch (i.opcode) {
            case 0xd8:
                return new FpuMemOps.Arith(b, i, group, FpuArith.M32);
            case 0xda:
                return new FpuMemOps.Arith(b, i, group, FpuArith.I32);
            case 0xdc:
                return new FpuMemOps.Arith(b, i, group, FpuArith.M64);
            case 0xde:
                return new FpuMemOps.Arith(b, i, group, FpuArith.I16);
            default:
                return FpuMemOps.data(b, i, group);
        }
    }
}
