package dev.veery.cpu.decode;

import dev.veery.cpu.state.Feature;

/**
 * The vector instructions with a VEX prefix by map, prefix and opcode (SDM vol. 2): what their operands are, what VEX.L,
 * VEX.W and VEX.vvvv may be, which feature they need. An entry of {@link #NONE} is no instruction of ours.
 */
public final class VexTable {
    public static final int NONE = 0;

    /** Mask of the kind. */
    public static final int KIND = 0xf;

    /** Vector = f(VEX.vvvv where it counts, vector or memory). */
    public static final int COMPUTE = 1;

    /** Vector = vector or memory, as it is. */
    public static final int LOAD = 2;

    /** Vector or memory = vector. */
    public static final int STORE = 3;

    /** Vector and vector or memory to flags. */
    public static final int COMPARE = 4;

    /** VEX.vvvv = vector shifted by an immediate; ModRM.reg extends the opcode. */
    public static final int SHIFT = 5;

    /** Vector = f(VEX.vvvv where it counts, general register or memory). */
    public static final int FROM_GENERAL = 6;

    /** General register or memory = element of a vector. */
    public static final int TO_GENERAL = 7;

    /** General register = f(vector or memory). */
    public static final int GENERAL = 8;

    /** Something with implicit operands or many accesses. */
    public static final int SPECIAL = 9;

    /** VZEROUPPER and VZEROALL. */
    public static final int ZERO = 10;

    private static final int SIZE_SHIFT = 4;
    private static final int HALF = 1 << SIZE_SHIFT;
    private static final int QUARTER = 2 << SIZE_SHIFT;
    private static final int EIGHTH = 3 << SIZE_SHIFT;
    private static final int M1 = 4 << SIZE_SHIFT;
    private static final int M2 = 5 << SIZE_SHIFT;
    private static final int M4 = 6 << SIZE_SHIFT;
    private static final int M8 = 7 << SIZE_SHIFT;
    private static final int M16 = 8 << SIZE_SHIFT;
    private static final int BY_W = 10 << SIZE_SHIFT;
    private static final int DUPLICATE = 11 << SIZE_SHIFT;

    /** A memory operand must be aligned to its size. */
    public static final int ALIGNED = 1 << 8;

    /** VEX.vvvv is an operand. */
    public static final int VVVV = 1 << 9;

    /** VEX.vvvv is an operand of the form with registers. */
    private static final int VVVV_REG = 1 << 10;

    private static final int L0 = 1 << 11;
    private static final int L1 = 1 << 12;
    private static final int LIG = L0 | L1;

    private static final int W0 = 1 << 13;
    private static final int W1 = 1 << 14;

    private static final int REG_ONLY = 1 << 15;
    private static final int MEM_ONLY = 1 << 16;

    /** Rounds, or raises floating-point exceptions. */
    public static final int FLOAT = 1 << 17;

    /** Bits 4 to 7 of the immediate name a fourth register. */
    public static final int IS4 = 1 << 18;

    /** A store past the caches. */
    public static final int STREAM = 1 << 19;

    /** With VEX.L = 1 it needs AVX2, else AVX. */
    private static final int INT256 = 1 << 20;

    private static final int AVX2 = 1 << 21;
    private static final int FMA = 1 << 22;
    private static final int F16C = 1 << 23;

    /** The register form needs AVX2, the other AVX. */
    private static final int REG_AVX2 = 1 << 24;

    private static final int NP = 0;
    private static final int P66 = 1;
    private static final int PF3 = 2;
    private static final int PF2 = 3;

    private static final int[][] TABLE = new int[3][4 * 256];

    static {
        moves();
        arithmetic();
        integers();
        map38();
        multiplyAdd();
        map3a();
    }

    private VexTable() {}

    /** The entry of an instruction, whatever L, W and vvvv say; {@link #NONE} when the opcode is none of ours. */
    public static int of(Insn i) {
        if (i.map < Insn.MAP_VEX_0F || i.map > Insn.MAP_VEX_0F3A) {
            return NONE;
        }
        int prefix = i.rep == 0xf3 ? PF3 : i.rep == 0xf2 ? PF2 : i.prefix66 ? P66 : NP;
        return TABLE[i.map - Insn.MAP_VEX_0F][prefix << 8 | i.opcode];
    }

    /** Whether the fields of the prefix and the form of the operand are as the instruction wants them. */
    public static boolean valid(int entry, Insn i) {
        boolean reg = i.isReg();
        if ((entry & REG_ONLY) != 0 && !reg || (entry & MEM_ONLY) != 0 && reg) {
            return false;
        }
        int l = entry & LIG;
        if (l == L0 && i.vexL || l == L1 && !i.vexL) {
            return false;
        }
        if ((entry & W0) != 0 && i.rexW() || (entry & W1) != 0 && !i.rexW()) {
            return false;
        }
        return i.vvvv == 0 || usesVvvv(entry, i);
    }

    /** Whether VEX.vvvv is an operand. */
    public static boolean usesVvvv(int entry, Insn i) {
        return (entry & VVVV) != 0 || (entry & VVVV_REG) != 0 && i.isReg();
    }

    /** The feature it needs. */
    public static Feature feature(int entry, Insn i) {
        if ((entry & FMA) != 0) {
            return Feature.FMA;
        }
        if ((entry & F16C) != 0) {
            return Feature.F16C;
        }
        boolean second = (entry & AVX2) != 0 || (entry & INT256) != 0 && i.vexL || (entry & REG_AVX2) != 0 && i.isReg();
        return second ? Feature.AVX2 : Feature.AVX;
    }

    /** Bytes of the memory operand. */
    public static int size(int entry, Insn i) {
        int large = i.vexL && (entry & LIG) != LIG ? 1 : 0;
        int code = entry >> SIZE_SHIFT & 0xf;
        switch (code << SIZE_SHIFT) {
            case BY_W:
                return i.rexW() ? 8 : 4;
            case DUPLICATE:
                return i.vexL ? 32 : 8;
            default:
                return code < 4 ? 16 << large >> code : 1 << code - 4;
        }
    }

    /** Bytes of the vectors it computes with: 16 or 32. */
    public static int width(int entry, Insn i) {
        return i.vexL && (entry & LIG) != LIG ? 32 : 16;
    }

    /** Whether an immediate byte follows. */
    public static boolean hasImmediate(Insn i) {
        return i.map == Insn.MAP_VEX_0F3A
                || i.map == Insn.MAP_VEX_0F && OpcodeTable.vex(i.opcode) == (OpcodeTable.MODRM | OpcodeTable.IMM8);
    }

    private static void set(int map, int prefix, int form, int... opcodes) {
        for (int o : opcodes) {
            TABLE[map - 1][prefix << 8 | o] = form;
        }
    }

    private static void range(int map, int prefix, int form, int first, int last) {
        for (int o = first; o <= last; o++) {
            TABLE[map - 1][prefix << 8 | o] = form;
        }
    }

    private static void moves() {
        for (int p = NP; p <= P66; p++) {
            set(1, p, LOAD, 0x10);
            set(1, p, STORE, 0x11);
            set(1, p, COMPUTE | M8 | L0 | VVVV | (p == P66 ? MEM_ONLY : 0), 0x12, 0x16);
            set(1, p, STORE | M8 | L0 | MEM_ONLY, 0x13, 0x17);
            set(1, p, LOAD | ALIGNED, 0x28);
            set(1, p, STORE | ALIGNED, 0x29);
            set(1, p, STORE | ALIGNED | MEM_ONLY | STREAM, 0x2b);
            set(1, p, GENERAL | REG_ONLY, 0x50);
        }
        for (int p = PF3; p <= PF2; p++) {
            int size = p == PF3 ? M4 : M8;
            set(1, p, COMPUTE | size | LIG | VVVV_REG, 0x10);
            set(1, p, STORE | size | LIG | VVVV_REG, 0x11);
        }
        set(1, PF2, COMPUTE | DUPLICATE, 0x12);
        set(1, PF3, COMPUTE, 0x12, 0x16);
        set(1, P66, FROM_GENERAL | BY_W | L0, 0x6e);
        set(1, P66, TO_GENERAL | BY_W | L0, 0x7e);
        set(1, PF3, COMPUTE | M8 | L0, 0x7e);
        set(1, P66, STORE | M8 | L0, 0xd6);
        set(1, P66, LOAD | ALIGNED, 0x6f);
        set(1, PF3, LOAD, 0x6f);
        set(1, P66, STORE | ALIGNED, 0x7f);
        set(1, PF3, STORE, 0x7f);
        set(1, PF2, LOAD | MEM_ONLY, 0xf0);
        set(1, P66, STORE | ALIGNED | MEM_ONLY | STREAM, 0xe7);
        set(1, P66, SPECIAL | M16 | L0 | REG_ONLY, 0xf7);
        set(1, P66, GENERAL | REG_ONLY | INT256, 0xd7);
        set(1, P66, FROM_GENERAL | M2 | L0 | VVVV, 0xc4);
        set(1, P66, GENERAL | REG_ONLY | L0, 0xc5);
        set(1, NP, SPECIAL | M4 | L0 | MEM_ONLY, 0xae);
        set(1, NP, ZERO, 0x77);
    }

    /** Singles and doubles, packed and scalar. */
    private static void row(int form, int... opcodes) {
        set(1, NP, form | VVVV, opcodes);
        set(1, P66, form | VVVV, opcodes);
        set(1, PF3, form | M4 | LIG | VVVV, opcodes);
        set(1, PF2, form | M8 | LIG | VVVV, opcodes);
    }

    private static void arithmetic() {
        row(COMPUTE | FLOAT, 0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0xc2);
        for (int p = NP; p <= P66; p++) {
            set(1, p, COMPUTE | FLOAT, 0x51);
            set(1, p, COMPUTE | VVVV, 0x14, 0x15, 0x54, 0x55, 0x56, 0x57, 0xc6);
            set(1, p, COMPARE | (p == NP ? M4 : M8) | LIG | FLOAT, 0x2e, 0x2f);
        }
        set(1, NP, COMPUTE, 0x52, 0x53);
        set(1, PF3, COMPUTE | M4 | LIG | VVVV, 0x52, 0x53);
        for (int p = PF3; p <= PF2; p++) {
            int size = p == PF3 ? M4 : M8;
            set(1, p, FROM_GENERAL | BY_W | LIG | VVVV | FLOAT, 0x2a);
            set(1, p, GENERAL | size | LIG | FLOAT, 0x2c, 0x2d);
            set(1, p, COMPUTE | size | LIG | VVVV | FLOAT, 0x5a);
        }
        set(1, NP, COMPUTE | HALF | FLOAT, 0x5a);
        set(1, P66, COMPUTE | FLOAT, 0x5a);
        set(1, NP, COMPUTE | FLOAT, 0x5b);
        set(1, P66, COMPUTE | FLOAT, 0x5b);
        set(1, PF3, COMPUTE | FLOAT, 0x5b);
        set(1, P66, COMPUTE | FLOAT, 0xe6);
        set(1, PF2, COMPUTE | FLOAT, 0xe6);
        set(1, PF3, COMPUTE | HALF, 0xe6);
        for (int p = P66; p <= PF2; p += 2) {
            set(1, p, COMPUTE | VVVV | FLOAT, 0x7c, 0x7d, 0xd0);
        }
    }

    private static void integers() {
        int full = COMPUTE | VVVV | INT256;
        range(1, P66, full, 0x60, 0x6d);
        for (int p = P66; p <= PF2; p++) {
            set(1, p, COMPUTE | INT256, 0x70);
        }
        set(1, P66, SHIFT | REG_ONLY | VVVV | INT256, 0x71, 0x72, 0x73);
        range(1, P66, full, 0x74, 0x76);
        range(1, P66, full, 0xd4, 0xd5);
        range(1, P66, full, 0xd8, 0xdf);
        range(1, P66, full, 0xe0, 0xe5);
        range(1, P66, full, 0xe8, 0xef);
        range(1, P66, full, 0xf4, 0xf6);
        range(1, P66, full, 0xf8, 0xfe);
        // The counts of shifts have 128 bits.
        set(1, P66, full | M16, 0xd1, 0xd2, 0xd3, 0xe1, 0xe2, 0xf1, 0xf2, 0xf3);
    }

    private static void map38() {
        int full = COMPUTE | VVVV | INT256;
        range(2, P66, full, 0x00, 0x0b);
        set(2, P66, COMPUTE | VVVV | W0, 0x0c, 0x0d);
        set(2, P66, COMPARE | W0, 0x0e, 0x0f);
        set(2, P66, COMPUTE | HALF | W0 | F16C | FLOAT, 0x13);
        set(2, P66, COMPUTE | VVVV | L1 | W0 | AVX2, 0x16, 0x36);
        set(2, P66, COMPARE, 0x17);
        set(2, P66, COMPUTE | M4 | W0 | REG_AVX2, 0x18);
        set(2, P66, COMPUTE | M8 | L1 | W0 | REG_AVX2, 0x19);
        set(2, P66, COMPUTE | M16 | L1 | W0 | MEM_ONLY, 0x1a);
        range(2, P66, COMPUTE | INT256, 0x1c, 0x1e);
        for (int base = 0x20; base <= 0x30; base += 0x10) {
            set(2, P66, COMPUTE | HALF | INT256, base, base + 3, base + 5);
            set(2, P66, COMPUTE | QUARTER | INT256, base + 1, base + 4);
            set(2, P66, COMPUTE | EIGHTH | INT256, base + 2);
        }
        set(2, P66, full, 0x28, 0x29, 0x2b);
        set(2, P66, LOAD | ALIGNED | MEM_ONLY | INT256, 0x2a);
        set(2, P66, COMPUTE | VVVV | W0 | MEM_ONLY, 0x2c, 0x2d);
        set(2, P66, STORE | VVVV | W0 | MEM_ONLY, 0x2e, 0x2f);
        range(2, P66, full, 0x37, 0x40);
        set(2, P66, COMPUTE | L0, 0x41);
        set(2, P66, COMPUTE | VVVV | AVX2, 0x45, 0x47);
        set(2, P66, COMPUTE | VVVV | AVX2 | W0, 0x46);
        set(2, P66, COMPUTE | M4 | W0 | AVX2, 0x58);
        set(2, P66, COMPUTE | M8 | W0 | AVX2, 0x59);
        set(2, P66, COMPUTE | M16 | L1 | W0 | MEM_ONLY | AVX2, 0x5a);
        set(2, P66, COMPUTE | M1 | W0 | AVX2, 0x78);
        set(2, P66, COMPUTE | M2 | W0 | AVX2, 0x79);
        set(2, P66, COMPUTE | VVVV | MEM_ONLY | AVX2, 0x8c);
        set(2, P66, STORE | VVVV | MEM_ONLY | AVX2, 0x8e);
        range(2, P66, SPECIAL | VVVV | MEM_ONLY | AVX2, 0x90, 0x93);
    }

    /** FMA: three orders of the operands; the odd ones from 9 on are scalar. */
    private static void multiplyAdd() {
        for (int base = 0x90; base <= 0xb0; base += 0x10) {
            for (int o = base + 6; o <= base + 0xf; o++) {
                boolean scalar = o >= base + 9 && (o & 1) != 0;
                set(2, P66, COMPUTE | VVVV | FLOAT | FMA | (scalar ? BY_W | LIG : 0), o);
            }
        }
    }

    private static void map3a() {
        set(3, P66, COMPUTE | L1 | W1 | AVX2, 0x00, 0x01);
        set(3, P66, COMPUTE | VVVV | W0 | AVX2, 0x02);
        set(3, P66, COMPUTE | W0, 0x04, 0x05);
        set(3, P66, COMPUTE | VVVV | L1 | W0, 0x06);
        set(3, P66, COMPUTE | FLOAT, 0x08, 0x09);
        set(3, P66, COMPUTE | VVVV | M4 | LIG | FLOAT, 0x0a);
        set(3, P66, COMPUTE | VVVV | M8 | LIG | FLOAT, 0x0b);
        set(3, P66, COMPUTE | VVVV, 0x0c, 0x0d);
        set(3, P66, COMPUTE | VVVV | INT256, 0x0e, 0x0f, 0x42);
        set(3, P66, TO_GENERAL | M1 | L0, 0x14);
        set(3, P66, TO_GENERAL | M2 | L0, 0x15);
        set(3, P66, TO_GENERAL | BY_W | L0, 0x16);
        set(3, P66, TO_GENERAL | M4 | L0, 0x17);
        set(3, P66, COMPUTE | VVVV | M16 | L1 | W0, 0x18);
        set(3, P66, STORE | M16 | L1 | W0, 0x19);
        set(3, P66, STORE | HALF | W0 | F16C | FLOAT, 0x1d);
        set(3, P66, FROM_GENERAL | VVVV | M1 | L0, 0x20);
        set(3, P66, COMPUTE | VVVV | M4 | L0, 0x21);
        set(3, P66, FROM_GENERAL | VVVV | BY_W | L0, 0x22);
        set(3, P66, COMPUTE | VVVV | M16 | L1 | W0 | AVX2, 0x38);
        set(3, P66, STORE | M16 | L1 | W0 | AVX2, 0x39);
        set(3, P66, COMPUTE | VVVV | FLOAT, 0x40);
        set(3, P66, COMPUTE | VVVV | FLOAT | L0, 0x41);
        set(3, P66, COMPUTE | VVVV | L1 | W0 | AVX2, 0x46);
        set(3, P66, COMPUTE | VVVV | IS4 | W0, 0x4a, 0x4b);
        set(3, P66, COMPUTE | VVVV | IS4 | W0 | INT256, 0x4c);
        set(3, P66, SPECIAL | M16 | L0, 0x60, 0x61, 0x62, 0x63);
    }
}
