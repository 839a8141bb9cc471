package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;

/** Which instructions of 64-bit code the translator knows; the rest is the interpreter's. */
final class Supported {
    private Supported() {}

    /** Whether {@link BlockCompiler} translates the instruction in blocks for {@code mode}, on a host that has it. */
    static boolean is(Insn i, int mode, HostFeatures host) {
        if (!i.isReg() && i.addrSize != 8) {
            return false;
        }
        if (i.map == Insn.MAP_1 && X87Insns.opcode(i.opcode)) {
            return !i.lock && (mode & CpuState.MODE_X87_MASKED) != 0 && X87Insns.knows(i);
        }
        if (i.map == Insn.MAP_1 && StringInsns.string(i.opcode)) {
            return StringInsns.knows(i);
        }
        if (i.isVex()) {
            return VexInsns.general(i) ? VexInsns.generalOnHost(i, host) : VexInsns.vectorOnHost(i, mode, host);
        }
        if (countsZeros(i)) {
            return i.opcode == 0xbc ? host.bmi1() : host.lzcnt();
        }
        if (movbe(i)) {
            return host.movbe() && !i.isReg();
        }
        if (i.map == Insn.MAP_1) {
            return oneByte(i) && (!level0(i) || (mode & CpuState.MODE_USER) == 0);
        }
        if (i.map == Insn.MAP_0F && (i.opcode == 0x05 || i.opcode == 0x07)) {
            boolean user = (mode & CpuState.MODE_USER) != 0;
            return !i.lock && (i.opcode == 0x05 ? user : !user && i.opSize == 8);
        }
        if (i.map == Insn.MAP_0F && twoByte(i) && (!level0(i) || (mode & CpuState.MODE_USER) == 0)) {
            return true;
        }
        int form = VectorForms.of(i);
        int needed = (form & VectorForms.FLOAT) != 0 ? CpuState.MODE_SSE_MASKED : CpuState.MODE_SSE;
        return form != VectorForms.NONE && (mode & needed) != 0;
    }

    /** TZCNT or LZCNT. */
    static boolean countsZeros(Insn i) {
        return i.map == Insn.MAP_0F && (i.opcode & 0xfe) == 0xbc && i.rep == 0xf3 && !i.lock;
    }

    /** MOVBE. */
    static boolean movbe(Insn i) {
        return i.map == Insn.MAP_0F38 && (i.opcode & 0xfe) == 0xf0 && i.rep == 0 && !i.lock;
    }

    /** Whether a translated instruction may be left half-way: it accesses memory, or meets what the interpreter does. */
    static boolean mayLeave(Insn i) {
        int o = i.opcode;
        if (i.map == Insn.MAP_1) {
            if (o >= 0x50 && o < 0x60 || o == 0x68 || o == 0x6a || o == 0xc3 || o == 0xc9 || o == 0xe8) {
                return true;
            }
            if (StringInsns.string(o)
                    || o == 0x8c
                    || o == 0x9c
                    || o == 0x9d
                    || o == 0xfb
                    || (o & 0xfe) == 0xf6 && (i.modrm >> 3 & 7) >= 6) {
                return true;
            }
            if (o == 0xff) {
                // An indirect transfer may find its target not canonical.
                return !i.isReg() || (i.modrm >> 3 & 7) >= 2;
            }
            return i.hasModrm && !i.isReg() && o != 0x8d;
        }
        if (i.map == Insn.MAP_0F && (o == 0x05 || o == 0x07)) {
            return true;
        }
        boolean hint = i.map == Insn.MAP_0F && (o == 0x0d || o >= 0x18 && o <= 0x1f);
        return i.hasModrm && !i.isReg() && !hint;
    }

    /** STI, POPF, IRET and SYSRET, which may let in what waits. */
    static boolean letsInterruptsIn(Insn i) {
        if (i.map == Insn.MAP_0F) {
            return i.opcode == 0x07;
        }
        return i.map == Insn.MAP_1 && (i.opcode == 0xfb || i.opcode == 0x9d || i.opcode == 0xcf);
    }

    /** CLI, STI, SWAPGS, CLAC and STAC. */
    private static boolean level0(Insn i) {
        return i.map == Insn.MAP_1 ? i.opcode == 0xfa || i.opcode == 0xfb : i.map == Insn.MAP_0F && i.opcode == 0x01;
    }

    /** AH, CH, DH or BH: the translator has no name for them, and knows them in few instructions. */
    static boolean highByte(Insn i, int reg) {
        return i.rex == 0 && reg >= 4;
    }

    /** Whether a byte instruction names a high-byte register. */
    private static boolean byteOk(Insn i, boolean usesReg) {
        if ((i.opcode & 1) != 0) {
            return true;
        }
        return !(usesReg && highByte(i, i.reg)) && !(i.isReg() && highByte(i, i.rm));
    }

    private static boolean oneByte(Insn i) {
        int o = i.opcode;
        int group = i.modrm >> 3 & 7;
        if (i.lock && (i.isReg() || !lockable(o))) {
            return false;
        }
        if (o < 0x40) {
            return (o & 7) < 6 && aluRow(i, o >> 3);
        }
        switch (o >> 3) {
            case 0x50 >> 3:
            case 0x58 >> 3:
                return !i.prefix66;
            case 0x70 >> 3:
            case 0x78 >> 3:
                return true;
            case 0xb0 >> 3:
                return !highByte(i, i.rm);
            case 0xb8 >> 3:
                return true;
            default:
                break;
        }
        switch (o) {
            case 0x63:
                return i.opSize == 8;
            case 0x68:
            case 0x6a:
                return !i.prefix66;
            case 0x69:
            case 0x6b:
            case 0x8d:
            case 0x98:
            case 0x99:
            case 0xa8:
            case 0xa9:
                return !(o == 0x8d && i.isReg());
            case 0x80:
            case 0x81:
            case 0x83:
                return (group != 2 && group != 3 || byteOk(i, false) && i.isReg()) && !(i.lock && group == 7);
            case 0x84:
            case 0x85:
                return i.isReg() || byteOk(i, true);
            case 0x8c:
                return i.isReg();
            case 0x88:
            case 0x89:
                return !i.isReg() || byteOk(i, true);
            case 0x86:
            case 0x87:
            case 0x8a:
            case 0x8b:
                return byteOk(i, true);
            case 0x90:
                // PAUSE is the interpreter's.
                return (i.rex & 1) == 0 && i.rep != 0xf3;
            case 0x9c:
            case 0x9d:
                return !i.prefix66;
            case 0xfa:
            case 0xfb:
                return true;
            case 0xc0:
            case 0xc1:
                return byteOk(i, false) && shift(i, group, (int) i.imm);
            case 0xd0:
            case 0xd1:
                return byteOk(i, false) && shift(i, group, 1);
            case 0xd2:
            case 0xd3:
                return byteOk(i, false) && i.isReg() && group != 2 && group != 3;
            case 0xc3:
            case 0xe8:
            case 0xe9:
            case 0xeb:
                return true;
            case 0xc6:
            case 0xc7:
                return group == 0 && byteOk(i, false);
            case 0xc9:
                return !i.prefix66;
            case 0xf5:
            case 0xf8:
            case 0xf9:
                return true;
            case 0xf6:
            case 0xf7:
                return group3(i, group);
            case 0xfe:
                return group < 2 && byteOk(i, false);
            case 0xff:
                return group < 2 || !i.prefix66 && (group == 2 || group == 4 || group == 6);
            default:
                return false;
        }
    }

    private static boolean lockable(int o) {
        return o < 0x38 && (o & 7) < 2
                || o >= 0x80 && o <= 0x83
                || o >= 0xfe
                || (o & 0xfe) == 0xf6
                || (o & 0xfe) == 0x86;
    }

    private static boolean lockableTwoByte(Insn i) {
        int o = i.opcode;
        int group = i.modrm >> 3 & 7;
        return (o & 0xfe) == 0xb0
                || (o & 0xfe) == 0xc0
                || o == 0xab
                || o == 0xb3
                || o == 0xbb
                || o == 0xba && group > 4
                || o == 0xc7;
    }

    private static boolean aluRow(Insn i, int operation) {
        boolean carries = operation == 2 || operation == 3;
        int form = i.opcode & 7;
        if (form >= 4) {
            return true;
        }
        boolean bytes = i.isReg() && !carries || byteOk(i, true);
        return bytes && (i.isReg() || !carries) && !(i.lock && (form >= 2 || operation == 7));
    }

    private static boolean shift(Insn i, int operation, int count) {
        int c = count & (i.opSize == 8 && (i.opcode & 1) != 0 ? 63 : 31);
        if (operation == 2 || operation == 3) {
            return false;
        }
        return i.isReg() || c != 0 && operation >= 4;
    }

    private static boolean group3(Insn i, int group) {
        if (group != 0 && !byteOk(i, false) || i.lock && (group < 2 || group > 3)) {
            return false;
        }
        if (group >= 4) {
            return (i.opcode & 1) != 0 && i.opSize >= 4;
        }
        return group == 0 || group == 2 || group == 3;
    }

    private static boolean twoByte(Insn i) {
        int o = i.opcode;
        if (i.lock && (i.isReg() || !lockableTwoByte(i))) {
            return false;
        }
        switch (o >> 4) {
            case 0x4:
                return true;
            case 0x8:
                return true;
            case 0x9:
                return !(i.isReg() && highByte(i, i.rm));
            default:
                break;
        }
        if (o >= 0xc8 && o < 0xd0) {
            return i.opSize >= 4;
        }
        switch (o) {
            case 0x0d:
            case 0x18:
            case 0x19:
            case 0x1a:
            case 0x1b:
            case 0x1c:
            case 0x1d:
            case 0x1e:
            case 0x1f:
                return true;
            case 0x01:
                return i.modrm == 0xf8 || i.modrm == 0xca || i.modrm == 0xcb;
            case 0xae:
                // Fences.
                return i.isReg() && i.simdPrefix() == 0 && (i.modrm >> 3 & 7) >= 5;
            case 0xa3:
            case 0xab:
            case 0xb3:
            case 0xbb:
                return i.isReg() || i.opSize >= 4;
            case 0xba:
                return (i.modrm >> 3 & 7) >= 4;
            case 0xa4:
            case 0xa5:
            case 0xac:
            case 0xad:
                return i.isReg() && i.opSize >= 4;
            case 0xc3:
                return !i.isReg() && i.simdPrefix() == 0;
            case 0xc7:
                return !i.isReg() && (i.modrm >> 3 & 7) == 1 && i.simdPrefix() == 0;
            case 0xaf:
                return true;
            case 0xb0:
            case 0xb1:
            case 0xc0:
            case 0xc1:
                return !i.isReg() && byteOk(i, true);
            case 0xb6:
            case 0xbe:
                return true;
            case 0xb7:
            case 0xbf:
                return true;
            case 0xb8:
                return i.rep == 0xf3;
            case 0xbc:
            case 0xbd:
                return i.rep != 0xf3;
            default:
                return false;
        }
    }
}
