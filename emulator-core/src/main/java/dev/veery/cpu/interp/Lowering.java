package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Alu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Feature;
import org.jspecify.annotations.Nullable;

/**
 * From a decoded instruction to its op. Privileged and far instructions are {@link SystemLowering}'s, x87 is
 * {@link FpuLowering}'s, MMX and SSE {@link VectorLowering}'s; what nobody knows raises #UD.
 */
final class Lowering {
    private Lowering() {}

    /** The op of an invalid instruction. */
    static final class Undefined extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            throw s.ud();
        }
    }

    static final class Nop extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {}
    }

    static final class Pause extends Op {
        private final CpuEnv env;

        Pause(BlockContext b) {
            env = b.env();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            env.pause();
        }
    }

    /** The op for {@code i}. */
    static Op lower(BlockContext b, Insn i) {
        if (i.isVex()) {
            return vex(b, i);
        }
        if (i.lock && !lockable(i)) {
            return new Undefined();
        }
        Op op;
        switch (i.map) {
            case Insn.MAP_1:
                op = oneByte(b, i);
                break;
            case Insn.MAP_0F:
                op = twoByte(b, i);
                break;
            case Insn.MAP_0F38:
                op = threeByte38(b, i);
                break;
            default:
                op = null;
                break;
        }
        if (op == null) {
            op = SystemLowering.lower(b, i);
        }
        if (op == null) {
            op = FpuLowering.lower(b, i);
        }
        if (op == null) {
            op = FpuStateLowering.lower(b, i);
        }
        if (op == null) {
            op = VectorLowering.lower(b, i);
        }
        return op == null ? new Undefined() : op;
    }

    /** Neither in real nor in virtual-8086 mode is there VEX (SDM vol. 2, section 2.3.5). */
    private static Op vex(BlockContext b, Insn i) {
        boolean possible = (b.mode() & CpuState.MODE_PROTECTED) != 0 && i.map != Insn.MAP_VEX_NONE;
        Op op = possible ? BmiLowering.lower(b, i) : null;
        if (op == null && possible) {
            op = VexLowering.lower(b, i);
        }
        return op == null ? new Undefined() : op;
    }

    /** Whether LOCK is allowed (SDM vol. 2, LOCK): read-modify-write forms with a memory destination. */
    private static boolean lockable(Insn i) {
        if (!i.hasModrm || i.isReg()) {
            return false;
        }
        int o = i.opcode;
        int group = i.modrm >> 3 & 7;
        if (i.map == Insn.MAP_1) {
            if (o < 0x38) {
                return (o & 7) < 2;
            }
            if (o >= 0x80 && o <= 0x83) {
                return group != 7;
            }
            return o == 0x86 || o == 0x87 || o >= 0xfe && group < 2 || (o & 0xfe) == 0xf6 && (group == 2 || group == 3);
        }
        if (i.map != Insn.MAP_0F) {
            return false;
        }
        return o == 0xab
                || o == 0xb3
                || o == 0xbb
                || (o & 0xfe) == 0xb0
                || (o & 0xfe) == 0xc0
                || o == 0xba && group >= 5
                || o == 0xc7 && group == 1;
    }

    // ---- one-byte opcodes

    private static @Nullable Op oneByte(BlockContext b, Insn i) {
        int o = i.opcode;
        if (o < 0x40) {
            return (o & 7) < 6 ? aluRow(b, i) : lowColumn(b, i);
        }
        if (o < 0x80) {
            return fourToSeven(b, i);
        }
        if (o < 0xc0) {
            return eightToB(b, i);
        }
        return cToF(b, i);
    }

    private static int size(Insn i) {
        return (i.opcode & 1) == 0 ? 1 : i.opSize;
    }

    private static Op aluRow(BlockContext b, Insn i) {
        int op = i.opcode >> 3;
        int size = size(i);
        switch (i.opcode & 7) {
            case 0:
            case 1:
                return aluRmReg(b, i, op, size);
            case 2:
            case 3:
                if (i.isReg()) {
                    return aluRegReg(op, Regs.offset(i, i.reg, size), Regs.offset(i, i.rm, size), size);
                }
                return size == 8
                        ? new AluOps.RegMem64(b, i, op, Regs.offset(i, i.reg, 8))
                        : new AluOps.RegMem(b, i, op, Regs.offset(i, i.reg, size), size);
            default:
                return aluImm(op, Regs.RAX, i.imm, size);
        }
    }

    private static Op aluRmReg(BlockContext b, Insn i, int op, int size) {
        int reg = Regs.offset(i, i.reg, size);
        if (i.isReg()) {
            return aluRegReg(op, Regs.offset(i, i.rm, size), reg, size);
        }
        return Alu.comparesOnly(op)
                ? new AluOps.CompareMem(b, i, op, reg, 0, size)
                : new AluOps.MemModify(b, i, op, reg, 0, size);
    }

    private static Op aluRegReg(int op, int dst, int src, int size) {
        switch (size) {
            case 8:
                return AluOps.Reg64.of(op, dst, src);
            case 4:
                return AluOps.Reg32.of(op, dst, src);
            default:
                return new AluOps.RegReg(op, dst, src, size);
        }
    }

    private static Op aluImm(int op, int dst, long imm, int size) {
        switch (size) {
            case 8:
                return AluOps.Imm64.of(op, dst, imm);
            case 4:
                return AluOps.Imm32.of(op, dst, (int) imm);
            default:
                return new AluOps.RegImm(op, dst, imm, size);
        }
    }

    /** Columns 6 and 7 below 40h: segment pushes, decimal adjustment, all gone in 64-bit mode. */
    private static @Nullable Op lowColumn(BlockContext b, Insn i) {
        if (i.codeSize == 64) {
            return new Undefined();
        }
        switch (i.opcode) {
            case 0x27:
            case 0x2f:
            case 0x37:
            case 0x3f:
                return new MiscOps.DecimalAdjust(i.opcode, 0);
            case 0x06:
            case 0x0e:
            case 0x16:
            case 0x1e:
                return new StackOps.PushSeg(i.opcode >> 3, i.opSize);
            default:
                return null;
        }
    }

    private static int stackSize(Insn i) {
        return i.codeSize == 64 ? i.prefix66 && !i.rexW() ? 2 : 8 : i.opSize;
    }

    private static @Nullable Op fourToSeven(BlockContext b, Insn i) {
        int o = i.opcode;
        if (o < 0x50) {
            int reg = CpuState.GPR + 8 * (o & 7);
            return incDecReg((o & 8) == 0 ? Alu.INC : Alu.DEC, reg, i.opSize);
        }
        if (o < 0x60) {
            int reg = CpuState.GPR + 8 * i.rm;
            int size = stackSize(i);
            if (o < 0x58) {
                return size == 8 ? new StackOps.PushReg64(reg) : new StackOps.PushReg(reg, size);
            }
            return size == 8 ? new StackOps.PopReg64(reg) : new StackOps.PopReg(reg, size);
        }
        if (o >= 0x70) {
            return (o & 0xe) == 4 ? new BranchOps.Jz(b, i) : new BranchOps.Jcc(b, i);
        }
        boolean long64 = i.codeSize == 64;
        switch (o) {
            case 0x60:
                return long64 ? new Undefined() : new StackOps.Pusha(i.opSize);
            case 0x61:
                return long64 ? new Undefined() : new StackOps.Popa(i.opSize);
            case 0x62:
                return long64 || i.isReg() ? new Undefined() : new MiscOps.Bound(b, i);
            case 0x63:
                return long64 ? movsxd(b, i) : null;
            case 0x68:
            case 0x6a:
                return new StackOps.PushImm(i.imm, stackSize(i));
            case 0x69:
            case 0x6b:
                return new ShiftOps.Imul2(b, i, Regs.offset(i, i.reg, i.opSize), true);
            case 0x6c:
            case 0x6d:
                return new StringOps.Ins(b, i, ioSize(i));
            case 0x6e:
            case 0x6f:
                return new StringOps.Outs(b, i, ioSize(i));
            default:
                return null;
        }
    }

    private static int ioSize(Insn i) {
        return (i.opcode & 1) == 0 ? 1 : Math.min(4, i.opSize);
    }

    private static Op movsxd(BlockContext b, Insn i) {
        int dst = Regs.offset(i, i.reg, i.opSize);
        if (i.opSize == 8) {
            return i.isReg() ? new MoveOps.Movsxd(dst, CpuState.GPR + 8 * i.rm) : new MoveOps.Load32S(b, i, dst);
        }
        // Without REX.W it is a plain move.
        return i.isReg()
                ? new MoveOps.MovRegReg(dst, i.opSize, CpuState.GPR + 8 * i.rm, i.opSize, false)
                : new MoveOps.Load(b, i, dst, i.opSize, i.opSize, false);
    }

    private static Op incDecReg(int op, int reg, int size) {
        if (size == 8) {
            return op == Alu.INC ? new AluOps.Inc64(reg) : new AluOps.Dec64(reg);
        }
        if (size == 4) {
            return op == Alu.INC ? new AluOps.Inc32(reg) : new AluOps.Dec32(reg);
        }
        return new AluOps.RegImm(op, reg, 1, size);
    }

    private static @Nullable Op eightToB(BlockContext b, Insn i) {
        int o = i.opcode;
        switch (o >> 3) {
            case 0x80 >> 3:
                return eightyTo87(b, i);
            case 0x88 >> 3:
                return moves(b, i);
            case 0x90 >> 3:
                if (o == 0x90 && (i.rex & 1) == 0) {
                    return i.rep == 0xf3 ? new Pause(b) : new Nop();
                }
                return new MoveOps.XchgReg(Regs.RAX, CpuState.GPR + 8 * i.rm, i.opSize);
            case 0x98 >> 3:
                return ninety8(b, i);
            case 0xa0 >> 3:
                return moffsAndStrings(b, i);
            case 0xa8 >> 3:
                return stringsAndTest(b, i);
            default:
                return movImmediate(i);
        }
    }

    private static Op eightyTo87(BlockContext b, Insn i) {
        int o = i.opcode;
        int size = size(i);
        if (o < 0x84) {
            if (o == 0x82 && i.codeSize == 64) {
                return new Undefined();
            }
            int op = i.modrm >> 3 & 7;
            if (i.isReg()) {
                return aluImm(op, Regs.offset(i, i.rm, size), i.imm, size);
            }
            return op == Alu.CMP
                    ? new AluOps.CompareMem(b, i, op, -1, i.imm, size)
                    : new AluOps.MemModify(b, i, op, -1, i.imm, size);
        }
        if (o < 0x86) {
            return aluRmReg(b, i, Alu.TEST, size);
        }
        int reg = Regs.offset(i, i.reg, size);
        return i.isReg()
                ? new MoveOps.XchgReg(reg, Regs.offset(i, i.rm, size), size)
                : new MoveOps.XchgMem(b, i, reg, size);
    }

    private static @Nullable Op moves(BlockContext b, Insn i) {
        int size = size(i);
        switch (i.opcode) {
            case 0x88:
            case 0x89:
                if (i.isReg()) {
                    return movRegReg(Regs.offset(i, i.rm, size), Regs.offset(i, i.reg, size), size);
                }
                return store(b, i, Regs.offset(i, i.reg, size), size);
            case 0x8a:
            case 0x8b:
                if (i.isReg()) {
                    return movRegReg(Regs.offset(i, i.reg, size), Regs.offset(i, i.rm, size), size);
                }
                return load(b, i, Regs.offset(i, i.reg, size), size);
            case 0x8d: {
                if (i.isReg()) {
                    return new Undefined();
                }
                int dst = Regs.offset(i, i.reg, i.opSize);
                return i.opSize == 8 ? new MoveOps.Lea64(b, i, dst) : new MoveOps.Lea(b, i, dst, i.opSize);
            }
            case 0x8f:
                return (i.modrm >> 3 & 7) == 0 ? new StackOps.PopRm(b, i, stackSize(i)) : new Undefined();
            default:
                return null;
        }
    }

    private static Op movRegReg(int dst, int src, int size) {
        switch (size) {
            case 8:
                return new MoveOps.MovRegReg64(dst, src);
            case 4:
                return new MoveOps.MovRegReg32(dst, src);
            default:
                return new MoveOps.MovRegReg(dst, size, src, size, false);
        }
    }

    private static Op store(BlockContext b, Insn i, int src, int size) {
        switch (size) {
            case 8:
                return new MoveOps.Store64(b, i, src);
            case 4:
                return new MoveOps.Store32(b, i, src);
            case 2:
                return new MoveOps.Store16(b, i, src);
            default:
                return new MoveOps.Store8(b, i, src);
        }
    }

    private static Op load(BlockContext b, Insn i, int dst, int size) {
        switch (size) {
            case 8:
                return new MoveOps.Load64(b, i, dst);
            case 4:
                return new MoveOps.Load32(b, i, dst);
            default:
                return new MoveOps.Load(b, i, dst, size, size, false);
        }
    }

    private static @Nullable Op ninety8(BlockContext b, Insn i) {
        switch (i.opcode) {
            case 0x98:
                return new MoveOps.ExtendAccumulator(i.opSize);
            case 0x99:
                return new MoveOps.SignToRdx(i.opSize);
            case 0x9e:
            case 0x9f:
                if (i.codeSize == 64 && !b.model().has(Feature.LAHF_LM)) {
                    return new Undefined();
                }
                return i.opcode == 0x9e ? new MiscOps.Sahf() : new MiscOps.Lahf();
            default:
                return null;
        }
    }

    private static Op moffsAndStrings(BlockContext b, Insn i) {
        int size = size(i);
        switch (i.opcode >> 1 & 3) {
            case 0:
                return load(b, i, Regs.RAX, size);
            case 1:
                return store(b, i, Regs.RAX, size);
            case 2:
                return new StringOps.Movs(b, i, size);
            default:
                return new StringOps.Cmps(b, i, size);
        }
    }

    private static Op stringsAndTest(BlockContext b, Insn i) {
        int size = size(i);
        switch (i.opcode >> 1 & 3) {
            case 0:
                return aluImm(Alu.TEST, Regs.RAX, i.imm, size);
            case 1:
                return new StringOps.Stos(b, i, size);
            case 2:
                return new StringOps.Lods(b, i, size);
            default:
                return new StringOps.Scas(b, i, size);
        }
    }

    private static Op movImmediate(Insn i) {
        if (i.opcode < 0xb8) {
            return new MoveOps.MovImm(Regs.offset(i, i.rm, 1), 1, i.imm);
        }
        int dst = CpuState.GPR + 8 * i.rm;
        switch (i.opSize) {
            case 8:
                return new MoveOps.MovImm64(dst, i.imm);
            case 4:
                return new MoveOps.MovImm64(dst, i.imm & 0xffff_ffffL);
            default:
                return new MoveOps.MovImm(dst, 2, i.imm);
        }
    }

    private static @Nullable Op cToF(BlockContext b, Insn i) {
        int o = i.opcode;
        int size = size(i);
        int group = i.modrm >> 3 & 7;
        boolean long64 = i.codeSize == 64;
        switch (o) {
            case 0xc0:
            case 0xc1:
                return shift(b, i, group, (int) i.imm & (size == 8 ? 63 : 31), size);
            case 0xd0:
            case 0xd1:
                return shift(b, i, group, 1, size);
            case 0xd2:
            case 0xd3:
                return new ShiftOps.ShiftRm(b, i, group, -1, size);
            case 0xc2:
            case 0xc3: {
                int release = o == 0xc2 ? (int) i.imm : 0;
                return long64 ? new BranchOps.Ret64(b, i, release) : new BranchOps.Ret(b, i, i.opSize, release);
            }
            case 0xc6:
            case 0xc7:
                if (group != 0) {
                    return new Undefined();
                }
                return i.isReg() ? movImmRm(i, size) : new MoveOps.StoreImm(b, i, size, i.imm);
            case 0xc8:
                return new StackOps.Enter(stackSize(i), (int) i.imm, i.imm2);
            case 0xc9:
                return new StackOps.Leave(stackSize(i));
            case 0xd4:
            case 0xd5:
                return long64 ? new Undefined() : new MiscOps.DecimalAdjust(o, (int) i.imm & 0xff);
            case 0xd6:
                return long64 ? new Undefined() : new MiscOps.Salc();
            case 0xd7:
                return new MiscOps.Xlat(b, i);
            case 0xe0:
            case 0xe1:
            case 0xe2:
            case 0xe3:
                return new BranchOps.Loop(b, i);
            case 0xe8:
                return long64 ? new BranchOps.Call64(b, i) : new BranchOps.Call(b, i);
            case 0xe9:
            case 0xeb:
                return new BranchOps.Jmp(b, i);
            case 0xf5:
                return new MiscOps.CarryFlag(2);
            case 0xf6:
            case 0xf7:
                return group3(b, i, group, size);
            case 0xf8:
                return new MiscOps.CarryFlag(0);
            case 0xf9:
                return new MiscOps.CarryFlag(1);
            case 0xfc:
                return new MiscOps.DirectionFlag(false);
            case 0xfd:
                return new MiscOps.DirectionFlag(true);
            case 0xfe:
            case 0xff:
                return group45(b, i, group, size);
            default:
                return null;
        }
    }

    private static Op movImmRm(Insn i, int size) {
        int dst = Regs.offset(i, i.rm, size);
        return size == 8
                ? new MoveOps.MovImm64(dst, i.imm)
                : size == 4 ? new MoveOps.MovImm64(dst, i.imm & 0xffff_ffffL) : new MoveOps.MovImm(dst, size, i.imm);
    }

    private static Op shift(BlockContext b, Insn i, int op, int count, int size) {
        if (i.isReg() && count != 0 && size >= 4 && op >= 4) {
            int reg = CpuState.GPR + 8 * i.rm;
            boolean wide = size == 8;
            switch (op) {
                case 5:
                    return wide ? new ShiftOps.ShrImm64(reg, count) : new ShiftOps.ShrImm32(reg, count);
                case 7:
                    return wide ? new ShiftOps.SarImm64(reg, count) : new ShiftOps.SarImm32(reg, count);
                default:
                    return wide ? new ShiftOps.ShlImm64(reg, count) : new ShiftOps.ShlImm32(reg, count);
            }
        }
        return new ShiftOps.ShiftRm(b, i, op, count, size);
    }

    private static Op group3(BlockContext b, Insn i, int group, int size) {
        switch (group) {
            case 0:
            case 1:
                return i.isReg()
                        ? aluImm(Alu.TEST, Regs.offset(i, i.rm, size), i.imm, size)
                        : new AluOps.CompareMem(b, i, Alu.TEST, -1, i.imm, size);
            case 2:
            case 3: {
                int op = group == 2 ? Alu.NOT : Alu.NEG;
                return i.isReg()
                        ? new AluOps.RegImm(op, Regs.offset(i, i.rm, size), 0, size)
                        : new AluOps.MemModify(b, i, op, -1, 0, size);
            }
            default:
                return new ShiftOps.MulDivRm(b, i, group, size);
        }
    }

    private static @Nullable Op group45(BlockContext b, Insn i, int group, int size) {
        boolean long64 = i.codeSize == 64;
        if (group < 2) {
            int op = group == 0 ? Alu.INC : Alu.DEC;
            return i.isReg()
                    ? incDecReg(op, Regs.offset(i, i.rm, size), size)
                    : new AluOps.MemModify(b, i, op, -1, 1, size);
        }
        if (i.opcode == 0xfe) {
            return new Undefined();
        }
        switch (group) {
            case 2:
                return new BranchOps.CallRm(b, i, long64 ? 8 : i.opSize);
            case 4:
                return new BranchOps.JmpRm(b, i, long64 ? 8 : i.opSize);
            case 6:
                return new StackOps.PushRm(b, i, stackSize(i));
            default:
                return null;
        }
    }

    // ---- 0F

    private static @Nullable Op twoByte(BlockContext b, Insn i) {
        int o = i.opcode;
        int reg = Regs.offset(i, i.reg, i.opSize);
        switch (o >> 4) {
            case 0x4:
                return new MoveOps.Cmov(b, i, reg);
            case 0x8:
                return (o & 0xe) == 4 ? new BranchOps.Jz(b, i) : new BranchOps.Jcc(b, i);
            case 0x9:
                return new MoveOps.Setcc(b, i);
            case 0xa:
                return twoByteA(b, i);
            case 0xb:
                return twoByteB(b, i);
            case 0xc:
                return twoByteC(b, i);
            default:
                break;
        }
        // Prefetches and the reserved hint space.
        if (o == 0x0d || o >= 0x18 && o <= 0x1f) {
            return new Nop();
        }
        return null;
    }

    private static @Nullable Op twoByteA(BlockContext b, Insn i) {
        switch (i.opcode) {
            case 0xa0:
            case 0xa8:
                return new StackOps.PushSeg(i.opcode == 0xa0 ? 4 : 5, stackSize(i));
            case 0xa3:
                return new BitOps.BitTestReg(b, i, 0);
            case 0xab:
                return new BitOps.BitTestReg(b, i, 1);
            case 0xa4:
            case 0xac:
                return new ShiftOps.DoubleShift(b, i, i.opcode == 0xa4, (int) i.imm & 0xff);
            case 0xa5:
            case 0xad:
                return new ShiftOps.DoubleShift(b, i, i.opcode == 0xa5, -1);
            case 0xaf:
                return new ShiftOps.Imul2(b, i, Regs.offset(i, i.reg, i.opSize), false);
            default:
                return null;
        }
    }

    private static @Nullable Op twoByteB(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        switch (i.opcode) {
            case 0xb0:
            case 0xb1:
                return new BitOps.Cmpxchg(b, i, size(i));
            case 0xb3:
                return new BitOps.BitTestReg(b, i, 2);
            case 0xbb:
                return new BitOps.BitTestReg(b, i, 3);
            case 0xba:
                return group < 4 ? new Undefined() : new BitOps.BitTestImm(b, i, group - 4);
            case 0xb6:
            case 0xb7:
            case 0xbe:
            case 0xbf:
                return extend(b, i);
            case 0xb8:
                return i.rep == 0xf3 && b.model().has(Feature.POPCNT) ? new BitOps.Popcnt(b, i) : new Undefined();
            case 0xbc:
                return i.rep == 0xf3 && b.model().has(Feature.BMI1)
                        ? new BitOps.CountZeros(b, i, false)
                        : new BitOps.BitScan(b, i, false);
            case 0xbd:
                return i.rep == 0xf3 && b.model().has(Feature.ABM)
                        ? new BitOps.CountZeros(b, i, true)
                        : new BitOps.BitScan(b, i, true);
            default:
                return null;
        }
    }

    /** MOVZX and MOVSX. */
    private static Op extend(BlockContext b, Insn i) {
        int srcSize = (i.opcode & 1) == 0 ? 1 : 2;
        boolean signed = (i.opcode & 8) != 0;
        int dst = Regs.offset(i, i.reg, i.opSize == 1 ? 8 : i.opSize);
        if (i.isReg()) {
            int src = Regs.offset(i, i.rm, srcSize);
            return !signed && srcSize == 1 && i.opSize >= 4
                    ? new MoveOps.MovzxReg8(dst, src)
                    : new MoveOps.MovRegReg(dst, i.opSize, src, srcSize, signed);
        }
        if (!signed && i.opSize >= 4) {
            return srcSize == 1 ? new MoveOps.Load8Z(b, i, dst) : new MoveOps.Load16Z(b, i, dst);
        }
        return new MoveOps.Load(b, i, dst, i.opSize, srcSize, signed);
    }

    private static @Nullable Op twoByteC(BlockContext b, Insn i) {
        int o = i.opcode;
        if (o >= 0xc8) {
            return new MoveOps.Bswap(CpuState.GPR + 8 * i.rm, i.opSize);
        }
        switch (o) {
            case 0xc0:
            case 0xc1:
                return new BitOps.Xadd(b, i, size(i));
            case 0xc3:
                return i.isReg() || i.simdPrefix() != 0 || !b.model().has(Feature.SSE2)
                        ? new Undefined()
                        : store(b, i, Regs.offset(i, i.reg, i.opSize), i.opSize);
            case 0xc7:
                if ((i.modrm >> 3 & 7) == 1 && !i.isReg()) {
                    boolean wide = i.rexW();
                    boolean has = b.model().has(wide ? Feature.CX16 : Feature.CX8);
                    return has ? new BitOps.CmpxchgPair(b, i, wide ? 8 : 4) : new Undefined();
                }
                return null;
            default:
                return null;
        }
    }

    private static @Nullable Op threeByte38(BlockContext b, Insn i) {
        if (i.opcode == 0xf6 && (i.simdPrefix() == 0x66 || i.simdPrefix() == 0xf3)) {
            return b.model().has(Feature.ADX)
                    ? new BitOps.AddWithFlag(
                            b, i, i.simdPrefix() == 0x66 ? dev.veery.cpu.state.Cr.CF : dev.veery.cpu.state.Cr.OF)
                    : new Undefined();
        }
        if ((i.opcode & 0xfe) == 0xf0 && i.rep == 0) {
            return b.model().has(Feature.MOVBE) && !i.isReg()
                    ? new MoveOps.Movbe(b, i, Regs.offset(i, i.reg, i.opSize), i.opcode == 0xf1)
                    : new Undefined();
        }
        return null;
    }
}
