package dev.veery.cpu.decode;

/**
 * One decoded instruction: its bytes taken apart, nothing interpreted. The decoder fills the same object again and again.
 */
public final class Insn {
    /** {@link #map}: one-byte opcodes, 0F, 0F 38 and 0F 3A. */
    public static final int MAP_1 = 0;

    public static final int MAP_0F = 1;
    public static final int MAP_0F38 = 2;
    public static final int MAP_0F3A = 3;

    /** {@link #map}: the same maps reached through a VEX prefix, which make other instructions of the same opcodes. */
    public static final int MAP_VEX_0F = 4;

    public static final int MAP_VEX_0F38 = 5;
    public static final int MAP_VEX_0F3A = 6;

    /** {@link #map} of a VEX prefix that names no map, or follows a prefix it must not: no instruction. */
    public static final int MAP_VEX_NONE = 7;

    /** {@link #base} of an address relative to the next instruction. */
    public static final int BASE_RIP = 16;

    /** No base or no index register. */
    public static final int NO_REG = -1;

    /** Code size the bytes were decoded for: 16, 32 or 64. */
    public int codeSize;

    public int map;
    public int opcode;

    /** Length in bytes, 1 to 15. */
    public int length;

    /** A 66h prefix was there, or VEX.pp says so. */
    public boolean prefix66;

    /** A 67h prefix was there. */
    public boolean prefix67;

    /** Last of F2h and F3h, or what VEX.pp says, or 0. */
    public int rep;

    /** A LOCK prefix was there. */
    public boolean lock;

    /** The REX prefix that counts, 40h to 4Fh, or 0; a VEX prefix counts as one with the same bits. */
    public int rex;

    /** VEX.vvvv, as a register number: 0 to 15; 0 where the instruction has no such operand. */
    public int vvvv;

    /** VEX.L: 256 bits. */
    public boolean vexL;

    /** The SIB byte's index with REX.X or VEX.X, 0 to 15, or {@link #NO_REG} without SIB: vector registers have a number 4. */
    public int sibIndex;

    /** Segment override, one of {@link dev.veery.cpu.state.Seg}, or -1. */
    public int segOverride;

    /** Operand size in bytes, 2, 4 or 8, from mode, 66h and REX.W alone; instructions with another default know it. */
    public int opSize;

    /** Address size in bytes: 2, 4 or 8. */
    public int addrSize;

    public boolean hasModrm;
    public int modrm;

    /** ModRM.mod. */
    public int mod;

    /** ModRM.reg with REX.R: 0 to 15. */
    public int reg;

    /** ModRM.rm with REX.B: the register operand when {@link #mod} is 3. */
    public int rm;

    /** Base register of the memory operand, {@link #NO_REG} or {@link #BASE_RIP}. */
    public int base;

    /** Index register or {@link #NO_REG}. */
    public int index;

    /** Left shift of the index: 0 to 3. */
    public int scale;

    /** Displacement, sign-extended. */
    public long disp;

    /** Segment of the memory operand: the override, or SS or DS as the base implies. */
    public int seg;

    /** Immediate, sign-extended from its size; for far pointers the offset; for moffs the address. */
    public long imm;

    /** Second immediate: the selector of a far pointer, ENTER's level. */
    public int imm2;

    /** The bytes could not be an instruction of at most 15 bytes. */
    public boolean tooLong;

    /** Whether ModRM names a register. */
    public boolean isReg() {
        return mod == 3;
    }

    /** Mandatory prefix of an SSE opcode: 0, 66h, F2h or F3h; F2h and F3h win over 66h. */
    public int simdPrefix() {
        return rep != 0 ? rep : prefix66 ? 0x66 : 0;
    }

    /** Whether there is a VEX prefix. */
    public boolean isVex() {
        return map >= MAP_VEX_0F;
    }

    /** REX.W or VEX.W was there. */
    public boolean rexW() {
        return (rex & 8) != 0;
    }
}
