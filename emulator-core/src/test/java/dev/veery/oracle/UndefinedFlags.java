package dev.veery.oracle;

import dev.veery.cpu.decode.Insn;

/**
 * The status flags that an instruction leaves undefined (SDM vol. 1, appendix A, and each instruction's page in vol. 2):
 * everything else must match the host to the bit.
 */
final class UndefinedFlags {
    private static final int CF = 1;
    private static final int PF = 4;
    private static final int AF = 0x10;
    private static final int ZF = 0x40;
    private static final int SF = 0x80;
    private static final int OF = 0x800;
    static final int ALL = CF | PF | AF | ZF | SF | OF;

    /** TZCNT and LZCNT: everything but CF and ZF. */
    private static final int COUNTED = ALL & ~CF & ~ZF;

    private UndefinedFlags() {}

    /** Of a form. */
    static int of(Form f) {
        byte[] o = f.opcode();
        int last = o[o.length - 1] & 0xff;
        if (f.has(Form.Trait.VEX)) {
            return o.length == 3 && o[1] == 0x38 && f.mandatory() == 0 ? vexGeneral(last) : 0;
        }
        if (o.length == 1) {
            return oneByte(last, f.digit());
        }
        if (f.mandatory() == 0xf3 && o.length == 2 && (last & 0xfe) == 0xbc) {
            return COUNTED;
        }
        return o.length == 2 && o[0] == 0x0f ? twoByte(last) : 0;
    }

    /** ANDN, BLSR, BLSMSK, BLSI and BZHI: AF and PF; BEXTR: SF too. */
    private static int vexGeneral(int opcode) {
        return opcode == 0xf7 ? AF | PF | SF : opcode >= 0xf2 && opcode <= 0xf5 ? AF | PF : 0;
    }

    /** Of a decoded instruction. */
    static int of(Insn i) {
        int digit = i.modrm >> 3 & 7;
        if (i.map == Insn.MAP_VEX_0F38 && i.simdPrefix() == 0) {
            return vexGeneral(i.opcode);
        }
        if (i.map == Insn.MAP_0F && (i.opcode & 0xfe) == 0xbc && i.rep == 0xf3) {
            return COUNTED;
        }
        return i.map == Insn.MAP_1 ? oneByte(i.opcode, digit) : i.map == Insn.MAP_0F ? twoByte(i.opcode) : 0;
    }

    private static int oneByte(int opcode, int digit) {
        if (opcode < 0x40) {
            int row = opcode >> 3;
            if ((opcode & 7) > 5) {
                return decimal(opcode);
            }
            // AND, OR, XOR: AF.
            return row == 1 || row == 4 || row == 6 ? AF : 0;
        }
        switch (opcode) {
            case 0x80:
            case 0x81:
            case 0x82:
            case 0x83:
                return digit == 1 || digit == 4 || digit == 6 ? AF : 0;
            case 0x84:
            case 0x85:
            case 0xa8:
            case 0xa9:
                // TEST: AF.
                return AF;
            case 0x69:
            case 0x6b:
                // IMUL: SF, ZF, AF, PF.
                return SF | ZF | AF | PF;
            case 0xc0:
            case 0xc1:
            case 0xd2:
            case 0xd3:
                return shift(digit, true);
            case 0xd0:
            case 0xd1:
                return shift(digit, false);
            case 0xd4:
            case 0xd5:
                // AAM, AAD: OF, AF, CF.
                return OF | AF | CF;
            case 0xf6:
            case 0xf7:
                return group3(digit);
            default:
                return 0;
        }
    }

    private static int decimal(int opcode) {
        switch (opcode) {
            case 0x27:
            case 0x2f:
                // DAA, DAS: OF.
                return OF;
            case 0x37:
            case 0x3f:
                // AAA, AAS: OF, SF, ZF, PF.
                return OF | SF | ZF | PF;
            default:
                return 0;
        }
    }

    private static int shift(int digit, boolean variable) {
        if (digit < 4) {
            // Rotates: OF, unless the count is 1.
            return variable ? OF : 0;
        }
        // Shifts: AF; OF unless the count is 1; CF of SHL and SHR when the count reaches the operand's size.
        return variable ? AF | OF | (digit == 7 ? 0 : CF) : AF;
    }

    private static int group3(int digit) {
        switch (digit) {
            case 0:
            case 1:
                return AF;
            case 4:
            case 5:
                return SF | ZF | AF | PF;
            case 6:
            case 7:
                return ALL;
            default:
                return 0;
        }
    }

    private static int twoByte(int opcode) {
        switch (opcode) {
            case 0xa3:
            case 0xab:
            case 0xb3:
            case 0xbb:
            case 0xba:
                // BT and relatives: OF, SF, AF, PF.
                return OF | SF | AF | PF;
            case 0xa4:
            case 0xa5:
            case 0xac:
            case 0xad:
                // SHLD, SHRD: AF, OF unless the count is 1; everything when the count exceeds a 16-bit operand.
                return ALL;
            case 0xaf:
                return SF | ZF | AF | PF;
            case 0xbc:
            case 0xbd:
                // BSF, BSR: everything but ZF.
                return ALL & ~ZF;
            default:
                return 0;
        }
    }
}
