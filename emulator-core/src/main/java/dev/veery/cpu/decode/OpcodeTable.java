package dev.veery.cpu.decode;

/**
 * What follows each opcode: whether there is a ModRM byte and which immediate (SDM vol. 2, appendix A). Nothing here says
 * what an instruction does.
 */
final class OpcodeTable {
    static final int MODRM = 0x80;
    static final int KIND = 0x0f;

    static final int NONE = 0;
    static final int IMM8 = 1;
    static final int IMM16 = 2;
    /** 16 or 32 bits, as the operand size. */
    static final int IMM_Z = 3;
    /** 16, 32 or 64 bits. */
    static final int IMM_V = 4;
    /** An offset as wide as addresses. */
    static final int MOFFS = 5;

    static final int FAR = 6;
    static final int ENTER = 7;
    /** Group 3: an immediate only for TEST. */
    static final int GROUP3_B = 8;

    static final int GROUP3_V = 9;
    static final int REL8 = 10;
    /** 16 or 32 bits; always 32 in 64-bit mode. */
    static final int REL_Z = 11;

    static final byte[] ONE_BYTE = new byte[256];
    static final byte[] TWO_BYTE = new byte[256];

    static {
        oneByte();
        twoByte();
    }

    private OpcodeTable() {}

    /** Of map 0F behind a VEX prefix. */
    static int vex(int opcode) {
        switch (opcode) {
            case 0x70:
            case 0x71:
            case 0x72:
            case 0x73:
            case 0xc2:
            case 0xc4:
            case 0xc5:
            case 0xc6:
                return MODRM | IMM8;
            case 0x77:
                return NONE;
            default:
                return MODRM;
        }
    }

    private static void set(byte[] table, int first, int last, int value) {
        for (int i = first; i <= last; i++) {
            table[i] = (byte) value;
        }
    }

    private static void oneByte() {
        byte[] t = ONE_BYTE;
        for (int row = 0; row < 0x40; row += 8) {
            set(t, row, row + 3, MODRM);
            t[row + 4] = IMM8;
            t[row + 5] = IMM_Z;
        }
        set(t, 0x62, 0x63, MODRM);
        t[0x68] = IMM_Z;
        t[0x69] = (byte) (MODRM | IMM_Z);
        t[0x6a] = IMM8;
        t[0x6b] = (byte) (MODRM | IMM8);
        set(t, 0x70, 0x7f, REL8);
        set(t, 0x80, 0x83, MODRM | IMM8);
        t[0x81] = (byte) (MODRM | IMM_Z);
        set(t, 0x84, 0x8f, MODRM);
        t[0x9a] = FAR;
        set(t, 0xa0, 0xa3, MOFFS);
        t[0xa8] = IMM8;
        t[0xa9] = IMM_Z;
        set(t, 0xb0, 0xb7, IMM8);
        set(t, 0xb8, 0xbf, IMM_V);
        set(t, 0xc0, 0xc1, MODRM | IMM8);
        t[0xc2] = IMM16;
        set(t, 0xc4, 0xc5, MODRM);
        t[0xc6] = (byte) (MODRM | IMM8);
        t[0xc7] = (byte) (MODRM | IMM_Z);
        t[0xc8] = ENTER;
        t[0xca] = IMM16;
        t[0xcd] = IMM8;
        set(t, 0xd0, 0xd3, MODRM);
        set(t, 0xd4, 0xd5, IMM8);
        set(t, 0xd8, 0xdf, MODRM);
        set(t, 0xe0, 0xe3, REL8);
        set(t, 0xe4, 0xe7, IMM8);
        set(t, 0xe8, 0xe9, REL_Z);
        t[0xea] = FAR;
        t[0xeb] = REL8;
        t[0xf6] = (byte) (MODRM | GROUP3_B);
        t[0xf7] = (byte) (MODRM | GROUP3_V);
        set(t, 0xfe, 0xff, MODRM);
    }

    private static void twoByte() {
        byte[] t = TWO_BYTE;
        set(t, 0x00, 0xff, MODRM);
        set(t, 0x04, 0x0c, NONE);
        t[0x0d] = (byte) MODRM;
        t[0x0e] = NONE;
        set(t, 0x30, 0x37, NONE);
        set(t, 0x70, 0x73, MODRM | IMM8);
        t[0x77] = NONE;
        set(t, 0x80, 0x8f, REL_Z);
        set(t, 0xa0, 0xa2, NONE);
        t[0xa4] = (byte) (MODRM | IMM8);
        set(t, 0xa8, 0xaa, NONE);
        t[0xac] = (byte) (MODRM | IMM8);
        t[0xba] = (byte) (MODRM | IMM8);
        t[0xc2] = (byte) (MODRM | IMM8);
        set(t, 0xc4, 0xc6, MODRM | IMM8);
        set(t, 0xc8, 0xcf, NONE);
        // 3DNow!'s suffix opcode sits where an immediate would.
        t[0x0f] = (byte) (MODRM | IMM8);
    }
}
