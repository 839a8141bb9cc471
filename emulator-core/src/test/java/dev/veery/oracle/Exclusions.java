package dev.veery.oracle;

import dev.veery.cpu.decode.Insn;

/** Instructions in random bytes whose result is not comparable: see {@link InstructionSet}, and what newer hosts add. */
final class Exclusions {
    private Exclusions() {}

    static boolean matches(Insn i) {
        switch (i.map) {
            case Insn.MAP_1:
                return oneByte(i);
            case Insn.MAP_0F:
                return twoByte(i);
            case Insn.MAP_0F38:
                return threeByte38(i);
            case Insn.MAP_VEX_0F:
            case Insn.MAP_VEX_0F38:
            case Insn.MAP_VEX_0F3A:
            case Insn.MAP_VEX_NONE:
                return true;
            default:
                return threeByte3a(i);
        }
    }

    /** FNSTENV, FNSAVE and FXSAVE store the x87 pointers, which differ: see {@link Comparison#alignPointers}. */
    static boolean storesPointers(Insn i) {
        if (i.isReg()) {
            return false;
        }
        return i.map == Insn.MAP_1
                ? (i.opcode == 0xd9 || i.opcode == 0xdd) && digit(i) == 6
                : i.map == Insn.MAP_0F && i.opcode == 0xae && digit(i) == 0;
    }

    private static int digit(Insn i) {
        return i.modrm >> 3 & 7;
    }

    private static boolean oneByte(Insn i) {
        switch (i.opcode) {
            // Segment loads and far transfers read the descriptor tables.
            case 0x07:
            case 0x17:
            case 0x1f:
            case 0x8e:
            case 0x9a:
            case 0xca:
            case 0xcb:
            case 0xcf:
            case 0xea:
                return true;
            case 0x62:
                // EVEX in 64-bit mode, and with a register operand elsewhere.
                return i.codeSize == 64 || i.isReg();
            case 0xc4:
            case 0xc5:
                // LES and LDS.
                return true;
            case 0x63:
                // ARPL works on selectors alone but is a different instruction in 64-bit mode.
                return false;
            case 0x8f:
                // XOP on AMD's processors.
                return digit(i) != 0;
            case 0xc6:
            case 0xc7:
                // XABORT and XBEGIN.
                return digit(i) == 7;
            case 0xcd:
                // INT 80h is a system call, INT 3 and 4 are traps, others #GP.
                return (i.imm & 0xff) == 0x80 || (i.imm & 0xff) == 0x2e;
            case 0xf1:
                return false;
            case 0xff:
                return digit(i) == 3 || digit(i) == 5;
            case 0x86:
            case 0x87:
                // Locked accesses across a cache line are a matter of the host's settings.
                return !i.isReg();
            default:
                return i.lock;
        }
    }

    private static boolean twoByte(Insn i) {
        if (i.lock) {
            return true;
        }
        switch (i.opcode) {
            case 0x00:
            case 0x01:
            case 0x02:
            case 0x03:
            case 0x05:
            case 0x0e:
            case 0x0f:
            case 0x31:
            case 0x33:
            case 0x34:
            case 0x37:
            case 0xa1:
            case 0xa2:
            case 0xa9:
            case 0xaa:
            case 0xb2:
            case 0xb4:
            case 0xb5:
            case 0xc7:
                return true;
            case 0x0a:
            case 0x0c:
            case 0x24:
            case 0x25:
            case 0x26:
            case 0x27:
                return false;
            case 0x1e:
                // Shadow-stack instructions.
                return i.rep == 0xf3;
            case 0xf7:
                // Masked stores fault where they like, see Quirks.
                return true;
            case 0xbc:
            case 0xbd:
                // TZCNT and LZCNT.
                return i.rep == 0xf3;
            case 0xb8:
                return i.rep != 0xf3;
            case 0x78:
            case 0x79:
                return true;
            case 0xae:
                return i.rep != 0 || i.prefix66 || digit(i) >= 4 && !i.isReg();
            default:
                return false;
        }
    }

    private static boolean threeByte38(Insn i) {
        int o = i.opcode;
        // AES, SHA, GFNI, CET, key locker, MOVDIRI and their kin.
        return i.lock || o >= 0xc0 && !(o == 0xf0 || o == 0xf1) || o >= 0x80 && o < 0x83;
    }

    private static boolean threeByte3a(Insn i) {
        int o = i.opcode;
        // PCLMULQDQ, SHA1RNDS4, GFNI, AESKEYGENASSIST, HRESET.
        return i.lock || o == 0x44 || o >= 0xc0;
    }
}
