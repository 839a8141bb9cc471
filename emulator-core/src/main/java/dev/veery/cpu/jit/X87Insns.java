package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.Emitter.op;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/**
 * x87 instructions as they are, on the host's registers, which are the guest's from the first block that uses them to the
 * return to Java. Only code that masks every exception comes here ({@link CpuState#MODE_X87_MASKED}), so none is ever pending.
 *
 * <p>What the host records of the last instruction (FIP, FOP, FDP) is about emitted code, so the guest's is kept apart: FIP and
 * FOP, which are constants, are stored where the block is left; the address of a memory operand at once.
 */
final class X87Insns {
    private static final int WAIT = 0x9b;
    private static final int CLEAR = 0xdbe2;
    private static final int STATUS_TO_AX = 0xdfe0;
    private static final int FCW_MASKS = 0x3f;

    // A record: FOP, these two bits, and from bit 16 on the offset in the block.
    private static final int RECORDED = 1 << 12;
    private static final int WITH_MEMORY = 1 << 13;
    private static final int FOP_MASK = 0x7ff;
    private static final int OFFSET_SHIFT = 16;

    /** A memory operand is written. */
    private static final int W = 0x10;

    /** A control instruction: not recorded. */
    private static final int C = 0x20;

    /** Bytes of the memory operand by opcode and ModRM.reg; 0 for what is the interpreter's. */
    private static final byte[] OPERAND = {
        4, 4, 4, 4, 4, 4, 4, 4, // D8
        4, 0, W | 4, W | 4, 0, C | 2, 0, C | W | 2, // D9
        4, 4, 4, 4, 4, 4, 4, 4, // DA
        4, W | 4, W | 4, W | 4, 0, 10, 0, W | 10, // DB
        8, 8, 8, 8, 8, 8, 8, 8, // DC
        8, W | 8, W | 8, W | 8, 0, 0, 0, C | W | 2, // DD
        2, 2, 2, 2, 2, 2, 2, 2, // DE
        2, W | 2, W | 2, W | 2, 10, 8, W | 10, W | 8, // DF
    };

    private final BlockCompiler c;

    /** What is to be recorded at this point of the block; 0 for nothing. */
    private int record;

    X87Insns(BlockCompiler compiler) {
        c = compiler;
    }

    /** Whether the opcode, of the one-byte map, belongs here. */
    static boolean opcode(int o) {
        return (o & 0xf8) == 0xd8 || o == WAIT;
    }

    /** Whether an instruction with such an opcode uses x87 registers when it is translated. */
    static boolean usesRegisters(Insn i) {
        return i.map == Insn.MAP_1 && (i.opcode & 0xf8) == 0xd8;
    }

    /** Whether an instruction with such an opcode, which the processor has, is translated. */
    static boolean knows(Insn i) {
        if (i.opcode == WAIT) {
            return true;
        }
        if (!i.isReg()) {
            return operand(i) != 0;
        }
        // FNINIT forgets the pointers too; the others of the row do nothing.
        return i.opcode != 0xdb || (i.modrm & 0xf8) != 0xe0 || whole(i) == CLEAR;
    }

    /** What it does with the flags, see {@link FlagLiveness}. */
    static int flags(Insn i) {
        if (!i.isReg() || i.opcode == WAIT) {
            return FlagLiveness.NEUTRAL;
        }
        if (comparesToFlags(i)) {
            return FlagLiveness.KILLS;
        }
        return movesByFlags(i) ? FlagLiveness.USES : FlagLiveness.NEUTRAL;
    }

    private static int whole(Insn i) {
        return i.opcode << 8 | i.modrm;
    }

    private static int operand(Insn i) {
        return OPERAND[(i.opcode & 7) << 3 | i.modrm >> 3 & 7];
    }

    private static boolean comparesToFlags(Insn i) {
        int group = i.modrm >> 3 & 7;
        return (i.opcode == 0xdb || i.opcode == 0xdf) && (group == 5 || group == 6);
    }

    private static boolean movesByFlags(Insn i) {
        return (i.opcode == 0xda || i.opcode == 0xdb) && (i.modrm >> 3 & 7) < 4;
    }

    void emit(Insn i) {
        if (i.opcode == WAIT) {
            return;
        }
        if (i.isReg()) {
            register(i);
        } else {
            memory(i);
        }
    }

    private void register(Insn i) {
        if (movesByFlags(i)) {
            c.needFlags();
        }
        c.emit8(i.opcode);
        c.emit8(i.modrm);
        if (whole(i) == STATUS_TO_AX) {
            c.legacyRR(op(0x89, 2), Reg.RAX, GuestRegs.host(CpuState.RAX));
            return;
        }
        if (comparesToFlags(i)) {
            c.flagsWritten();
        }
        if (whole(i) != CLEAR) {
            record(i);
        }
    }

    private void memory(Insn i) {
        int operand = operand(i);
        boolean write = (operand & W) != 0;
        int digit = i.modrm >> 3 & 7;
        c.operand(i, operand & 0xf, write);
        int instruction = Op.legacy(0, 0, i.opcode);
        if ((operand & C) == 0) {
            c.legacyRM(instruction, digit, at(Reg.RAX), 0);
            c.address(i, false);
            c.store64(Emitter.state(CpuState.FDP), Reg.RAX);
            record |= WITH_MEMORY;
            record(i);
        } else if (write) {
            c.legacyRM(instruction, digit, at(Reg.RAX), 0);
        } else {
            // FLDCW: the interpreter's when it unmasks something. Read once: memory may change under it.
            c.legacyRM(Op.legacy(0, 1, 0xb7), Reg.RCX, at(Reg.RAX), 0);
            c.legacyRM(op(0x89, 4), Reg.RCX, Emitter.state(CpuState.SCRATCH), 0);
            c.aluImm(Alu.AND, 4, Reg.RCX, FCW_MASKS);
            c.aluImm(Alu.CMP, 4, Reg.RCX, FCW_MASKS);
            c.jcc(Cond.NE, c.slowLabel());
            c.legacyRM(instruction, digit, Emitter.state(CpuState.SCRATCH), 0);
        }
        c.resumeHere();
    }

    private void record(Insn i) {
        int offset = (int) (c.next(i) - i.length - c.rip());
        record = record & WITH_MEMORY | RECORDED | offset << OFFSET_SHIFT | (i.opcode & 7) << 8 | i.modrm;
    }

    /** Nothing is to be recorded: a block begins, or all that was is in the register block. */
    void forgetRecord() {
        record = 0;
    }

    /** What {@link #store} has to store if the block is left here; 0 for nothing. */
    int record() {
        return record;
    }

    /** Emits the stores that make FIP, FOP, FCS and FDS in the register block those of a {@link #record}. Uses RAX. */
    void store(int of) {
        if (of == 0) {
            return;
        }
        c.movRip(Reg.RAX, c.rip() + (of >> OFFSET_SHIFT));
        c.store64(Emitter.state(CpuState.FIP), Reg.RAX);
        // With FCS behind it, which is 0 in 64-bit code.
        c.legacyRM(op(0xc7, 8), 0, Emitter.state(CpuState.FOP), 4);
        c.emit32(of & FOP_MASK);
        if ((of & WITH_MEMORY) != 0) {
            c.store32(Emitter.state(CpuState.FDS), 0);
        }
    }
}
