package dev.veery.hostcode.asm;

/**
 * Puts any opcode, described by an int of {@link Op}, together with any operands: what names have in common, and what a
 * translator needs to issue an instruction it has decoded with other operands.
 *
 * <p>{@code tail} is how many bytes of immediate the caller will append by {@code emit...} right after, which counts for
 * operands relative to RIP. REX is issued where it is needed: for registers from 8 on, 64-bit operands, and SPL, BPL, SIL
 * and DIL.
 */
public class Encoder extends CodeBuffer {
    private static final int[] MANDATORY = {0, 0x66, 0xf3, 0xf2};
    private static final int REX = 0x40;
    private static final int HIGH_BYTE = 16;

    /** Makes an encoder that is full until it is started. */
    public Encoder() {}

    /** The LOCK prefix, for the next instruction. */
    public final void lock() {
        emit8(0xf0);
    }

    /** The REP or REPE prefix, for the next instruction. */
    public final void rep() {
        emit8(0xf3);
    }

    /** The REPNE prefix, for the next instruction. */
    public final void repne() {
        emit8(0xf2);
    }

    /**
     * An instruction with two registers, or with one and an opcode extension.
     *
     * @param reg a register or 0 to 7, into ModRM.reg
     * @param rm a register, into ModRM.rm
     */
    public final void legacyRR(int op, int reg, int rm) {
        begin();
        int rex = rexOf(op, reg, Op.REG8) | rexOf(op, rm, Op.RM8) | (reg & 8) >>> 1 | (rm & 8) >>> 3;
        prefixes(op, rex, reg | rm);
        put1(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    /** An instruction with a register, or an opcode extension, and a memory operand. */
    public final void legacyRM(int op, int reg, long mem, int tail) {
        begin();
        memoryPrefixes(mem);
        prefixes(op, rexOf(op, reg, Op.REG8) | (reg & 8) >>> 1 | memoryRex(mem), reg);
        modrm(reg & 7, mem, tail);
    }

    /** An instruction with a register in the low three bits of its opcode. */
    public final void legacyO(int op, int reg) {
        begin();
        prefixes(op + (reg & 7), rexOf(op, reg, Op.RM8) | (reg & 8) >>> 3, reg);
    }

    /** An instruction without ModRM. */
    public final void legacy(int op) {
        begin();
        prefixes(op, rexOf(op, 0, 0), 0);
    }

    /**
     * Any legacy instruction with a memory operand by its parts.
     *
     * @param prefix mandatory prefix: 0, 66h, F2h or F3h
     * @param rexW whether REX.W is set
     * @param map 0 to 3: one-byte opcodes, 0F, 0F 38, 0F 3A
     * @param reg a register other than a byte register, or an opcode extension
     * @param tail bytes of immediate the caller appends
     */
    public final void emitLegacy(int prefix, boolean rexW, int map, int opcode, int reg, long mem, int tail) {
        legacyRM(Op.legacy(prefix, map, opcode) | (rexW ? Op.W : 0), reg, mem, tail);
    }

    /** As {@link #emitLegacy(int, boolean, int, int, int, long, int)} with a register for ModRM.rm. */
    public final void emitLegacyRR(int prefix, boolean rexW, int map, int opcode, int reg, int rm) {
        legacyRR(Op.legacy(prefix, map, opcode) | (rexW ? Op.W : 0), reg, rm);
    }

    /**
     * Any VEX instruction with a memory operand by its parts.
     *
     * @param vvvv the register VEX.vvvv names; 0 where the instruction has none
     * @param wide VEX.L: 256 bits
     */
    public final void emitVex(
            int prefix, boolean vexW, boolean wide, int map, int opcode, int reg, int vvvv, long mem, int tail) {
        vexRM(Op.legacy(prefix, map, opcode) | (vexW ? Op.W : 0) | (wide ? Op.L : 0), reg, vvvv, mem, tail);
    }

    /** As {@link #emitVex} with a register for ModRM.rm. */
    public final void emitVexRR(
            int prefix, boolean vexW, boolean wide, int map, int opcode, int reg, int vvvv, int rm) {
        vexRR(Op.legacy(prefix, map, opcode) | (vexW ? Op.W : 0) | (wide ? Op.L : 0), reg, vvvv, rm);
    }

    /** A VEX instruction with registers; {@code vvvv} is 0 where it has none. */
    public final void vexRR(int op, int reg, int vvvv, int rm) {
        begin();
        vex(op, vvvv, (reg & 8) >>> 1 | (rm & 8) >>> 3);
        put1(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    /** A VEX instruction with a memory operand; {@code vvvv} is 0 where it has no such register. */
    public final void vexRM(int op, int reg, int vvvv, long mem, int tail) {
        begin();
        memoryPrefixes(mem);
        vex(op, vvvv, (reg & 8) >>> 1 | memoryRex(mem) & 3);
        modrm(reg & 7, mem, tail);
    }

    /** REX, without the bits for operands, that the operand asks for. */
    private static int rexOf(int op, int reg, int byteOperand) {
        int w = (op & Op.W) != 0 ? REX | 8 : 0;
        return (op & byteOperand) != 0 && (reg & ~3) == 4 ? w | REX : w;
    }

    private static int memoryRex(long mem) {
        if (Mem.isLabel(mem) || Mem.isTarget(mem)) {
            return 0;
        }
        int base = Mem.base(mem);
        int index = Mem.index(mem);
        return (base <= Reg.R15 ? base >>> 3 : 0) | (index <= Reg.R15 ? index >>> 3 << 1 : 0);
    }

    private void memoryPrefixes(long mem) {
        int segment = Mem.segmentPrefix(mem);
        if (segment != 0) {
            put1(segment);
        }
        if (Mem.isAddress32(mem)) {
            put1(0x67);
        }
    }

    private void prefixes(int op, int rex, int registers) {
        if ((op & Op.OPSIZE) != 0) {
            put1(0x66);
        }
        int mandatory = op >>> Op.PP_SHIFT & 3;
        if (mandatory != 0) {
            put1(MANDATORY[mandatory]);
        }
        if (rex != 0) {
            if ((registers & HIGH_BYTE) != 0) {
                throw new IllegalArgumentException("AH to BH together with REX");
            }
            put1(REX | rex);
        }
        int map = op >>> Op.MAP_SHIFT & 3;
        if (map != 0) {
            put1(0x0f);
            if (map != 1) {
                put1(map == 2 ? 0x38 : 0x3a);
            }
        }
        put1(op);
    }

    private void vex(int op, int vvvv, int rxb) {
        int last = (~vvvv & 15) << 3 | (op & Op.L) >>> Op.L_SHIFT << 2 | op >>> Op.PP_SHIFT & 3;
        int map = op >>> Op.MAP_SHIFT & 3;
        int w = (op & Op.W) != 0 ? 0x80 : 0;
        if (map == 1 && w == 0 && (rxb & 3) == 0) {
            put1(0xc5);
            put1((~rxb & 4) << 5 | last);
        } else {
            put1(0xc4);
            put1((~rxb & 7) << 5 | map);
            put1(w | last);
        }
        put1(op);
    }

    private void modrm(int reg, long mem, int tail) {
        int field = reg << 3;
        if (Mem.isLabel(mem)) {
            put1(field | 5);
            putDisp(Mem.labelOf(mem), tail);
            return;
        }
        if (Mem.isTarget(mem)) {
            put1(field | 5);
            putDispTo(Mem.targetOf(mem), tail);
            return;
        }
        int base = Mem.base(mem);
        int index = Mem.index(mem);
        int disp = Mem.disp(mem);
        if (base > Reg.R15) {
            // Without a base, mod 0 and base 5 mean a bare displacement; without SIB it would be relative to RIP.
            put1(field | 4);
            put1(sib(mem, index, 5));
            put4(disp);
            return;
        }
        int mod = Mem.isWideDisp(mem) ? 2 : disp == 0 && (base & 7) != Reg.RBP ? 0 : disp == (byte) disp ? 1 : 2;
        if (index > Reg.R15 && (base & 7) != Reg.RSP) {
            put1(mod << 6 | field | base & 7);
        } else {
            put1(mod << 6 | field | 4);
            put1(sib(mem, index, base & 7));
        }
        if (mod == 1) {
            put1(disp);
        } else if (mod == 2) {
            put4(disp);
        }
    }

    private static int sib(long mem, int index, int base) {
        return Mem.scale(mem) << 6 | (index > Reg.R15 ? 4 : index & 7) << 3 | base;
    }
}
