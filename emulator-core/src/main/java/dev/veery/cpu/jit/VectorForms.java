package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Insn;

/**
 * The SSE instructions that emitted code runs as they are, by opcode map, mandatory prefix and opcode: what their operands
 * are. MMX forms, string comparisons and the ones with implicit operands are the interpreter's.
 */
final class VectorForms {
    /** Mask of the kind. */
    static final int KIND = 0xf;

    static final int NONE = 0;
    /** XMM op= XMM or memory. */
    static final int COMPUTE = 1;
    /** XMM and XMM or memory to flags. */
    static final int COMPARE = 2;
    /** XMM = memory or XMM. */
    static final int LOAD = 3;
    /** Memory or XMM = XMM. */
    static final int STORE = 4;
    /** XMM shifted by an immediate; ModRM.reg is part of the opcode. */
    static final int SHIFT = 5;
    /** XMM = general register or memory. */
    static final int FROM_GENERAL = 6;
    /** General register or memory = XMM. */
    static final int TO_GENERAL = 7;
    /** General register = XMM or memory. */
    static final int GENERAL = 8;
    /** XMM op= general register or memory. */
    static final int INSERT = 9;

    /** A memory operand of 16 bytes must be aligned. */
    static final int ALIGNED = 0x10;
    /** Rounds, or raises floating-point exceptions. */
    static final int FLOAT = 0x20;
    /** An immediate byte follows. */
    static final int IMM = 0x40;
    /** Only the form with a register. */
    static final int REG_ONLY = 0x80;
    /** Only the form with memory. */
    static final int MEM_ONLY = 0x100;
    /** A store past the caches: made an ordinary one, which other processors see in order. */
    static final int STREAM = 0x200;
    /** log2 of the bytes of the memory operand. */
    static final int SIZE_SHIFT = 12;

    private static final int M2 = 1 << SIZE_SHIFT;
    private static final int M4 = 2 << SIZE_SHIFT;
    private static final int M8 = 3 << SIZE_SHIFT;
    private static final int M16 = 4 << SIZE_SHIFT;
    private static final int FULL = COMPUTE | M16 | ALIGNED;

    /** By prefix (none, 66, F3, F2) and opcode, for each map from 0F on. */
    private static final int[][] TABLE = new int[3][4 * 256];

    static {
        map0f();
        map0f38();
        map0f3a();
    }

    private VectorForms() {}

    /** The form of an instruction, or {@link #NONE}. */
    static int of(Insn i) {
        if (i.map == Insn.MAP_1 || i.isVex() || i.lock) {
            return NONE;
        }
        int form = TABLE[i.map - 1][index(prefix(i.simdPrefix()), i.opcode)];
        if ((form & REG_ONLY) != 0 && !i.isReg() || (form & MEM_ONLY) != 0 && i.isReg()) {
            return NONE;
        }
        if ((form & KIND) == SHIFT && !shiftExists(i)) {
            return NONE;
        }
        return form;
    }

    /** Bytes of the memory operand. */
    static int size(int form, Insn i) {
        int kind = form & KIND;
        if (form >>> SIZE_SHIFT == 0 && (kind == FROM_GENERAL || kind == TO_GENERAL || kind == INSERT)) {
            return i.rexW() ? 8 : 4;
        }
        return 1 << (form >>> SIZE_SHIFT & 7);
    }

    private static boolean shiftExists(Insn i) {
        int group = i.modrm >> 3 & 7;
        if (i.opcode == 0x73) {
            return group == 2 || group == 3 || group == 6 || group == 7;
        }
        return group == 2 || group == 6 || group == 4;
    }

    private static int prefix(int simd) {
        return simd == 0 ? 0 : simd == 0x66 ? 1 : simd == 0xf3 ? 2 : 3;
    }

    private static int index(int prefix, int opcode) {
        return prefix << 8 | opcode;
    }

    private static void set(int map, int prefix, int form, int... opcodes) {
        for (int o : opcodes) {
            TABLE[map][index(prefix, o)] = form;
        }
    }

    private static void range(int map, int prefix, int form, int first, int last) {
        for (int o = first; o <= last; o++) {
            TABLE[map][index(prefix, o)] = form;
        }
    }

    private static void map0f() {
        for (int prefix = 0; prefix < 2; prefix++) {
            set(0, prefix, FULL, 0x14, 0x15, 0x54, 0x55, 0x56, 0x57);
            set(0, prefix, FULL | FLOAT, 0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f);
            set(0, prefix, FULL | FLOAT | IMM, 0xc2);
            set(0, prefix, FULL | IMM, 0xc6);
            set(0, prefix, LOAD | M16, 0x10);
            set(0, prefix, STORE | M16, 0x11);
            set(0, prefix, LOAD | M16 | ALIGNED, 0x28);
            set(0, prefix, STORE | M16 | ALIGNED, 0x29);
            set(0, prefix, STORE | M16 | ALIGNED | MEM_ONLY | STREAM, 0x2b);
            set(0, prefix, COMPUTE | M8 | MEM_ONLY, 0x12, 0x16);
            set(0, prefix, STORE | M8 | MEM_ONLY, 0x13, 0x17);
            set(0, prefix, GENERAL | REG_ONLY, 0x50);
        }
        // MOVDDUP, MOVSLDUP, MOVSHDUP.
        set(0, 3, COMPUTE | M8, 0x12);
        set(0, 2, FULL, 0x12, 0x16);
        // HADD, HSUB, ADDSUB.
        for (int prefix = 1; prefix < 4; prefix += 2) {
            set(0, prefix, FULL | FLOAT, 0x7c, 0x7d, 0xd0);
        }
        // MOVHLPS and MOVLHPS are the register forms of MOVLPS and MOVHPS.
        set(0, 0, COMPUTE | M8, 0x12, 0x16);
        set(0, 0, COMPARE | M4 | FLOAT, 0x2e, 0x2f);
        set(0, 1, COMPARE | M8 | FLOAT, 0x2e, 0x2f);
        set(0, 0, COMPUTE | M8 | FLOAT, 0x5a);
        set(0, 1, FULL | FLOAT, 0x5a);
        for (int prefix = 0; prefix < 3; prefix++) {
            set(0, prefix, FULL | FLOAT, 0x5b);
        }
        scalar(2, M4);
        scalar(3, M8);
        set(0, 2, COMPUTE | M8, 0xe6);
        set(0, 1, FULL | FLOAT, 0xe6);
        set(0, 3, FULL | FLOAT, 0xe6);
        integers();
    }

    private static void scalar(int prefix, int size) {
        set(0, prefix, COMPUTE | size | FLOAT, 0x51, 0x58, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f);
        set(0, prefix, COMPUTE | size | FLOAT | IMM, 0xc2);
        set(0, prefix, COMPUTE | size, 0x10);
        set(0, prefix, STORE | size, 0x11);
        set(0, prefix, INSERT | FLOAT, 0x2a);
        set(0, prefix, GENERAL | size | FLOAT, 0x2c, 0x2d);
    }

    private static void integers() {
        range(0, 1, FULL, 0x60, 0x6d);
        set(0, 1, FULL, 0x74, 0x75, 0x76);
        range(0, 1, FULL, 0xd1, 0xd5);
        range(0, 1, FULL, 0xd8, 0xdf);
        range(0, 1, FULL, 0xe0, 0xe5);
        range(0, 1, FULL, 0xe8, 0xef);
        range(0, 1, FULL, 0xf1, 0xf6);
        range(0, 1, FULL, 0xf8, 0xfe);
        for (int prefix = 1; prefix < 4; prefix++) {
            set(0, prefix, FULL | IMM, 0x70);
        }
        set(0, 1, SHIFT | REG_ONLY | IMM, 0x71, 0x72, 0x73);
        set(0, 1, FROM_GENERAL, 0x6e);
        set(0, 1, TO_GENERAL, 0x7e);
        set(0, 2, LOAD | M8, 0x7e);
        set(0, 1, STORE | M8, 0xd6);
        set(0, 1, LOAD | M16 | ALIGNED, 0x6f);
        set(0, 2, LOAD | M16, 0x6f);
        set(0, 1, STORE | M16 | ALIGNED, 0x7f);
        set(0, 2, STORE | M16, 0x7f);
        set(0, 1, STORE | M16 | ALIGNED | MEM_ONLY | STREAM, 0xe7);
        set(0, 3, LOAD | M16 | MEM_ONLY, 0xf0);
        set(0, 1, GENERAL | REG_ONLY, 0xd7);
        set(0, 1, GENERAL | REG_ONLY | IMM, 0xc5);
    }

    private static void map0f38() {
        range(1, 1, FULL, 0x00, 0x0b);
        range(1, 1, FULL, 0x1c, 0x1e);
        set(1, 1, FULL, 0x28, 0x29, 0x2b, 0x37, 0x40, 0x41);
        range(1, 1, FULL, 0x38, 0x3f);
        set(1, 1, COMPARE | M16 | ALIGNED, 0x17);
        set(1, 1, LOAD | M16 | ALIGNED | MEM_ONLY, 0x2a);
        for (int base = 0x20; base <= 0x30; base += 0x10) {
            set(1, 1, COMPUTE | M8, base, base + 3, base + 5);
            set(1, 1, COMPUTE | M4, base + 1, base + 4);
            set(1, 1, COMPUTE | M2, base + 2);
        }
    }

    private static void map0f3a() {
        set(2, 1, FULL | FLOAT | IMM, 0x08, 0x09, 0x40, 0x41);
        set(2, 1, COMPUTE | M4 | FLOAT | IMM, 0x0a);
        set(2, 1, COMPUTE | M8 | FLOAT | IMM, 0x0b);
        set(2, 1, FULL | IMM, 0x0c, 0x0d, 0x0e, 0x0f, 0x42);
    }
}
