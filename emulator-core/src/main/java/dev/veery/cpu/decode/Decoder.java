package dev.veery.cpu.decode;

import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;

/**
 * Takes instruction bytes apart (SDM vol. 2, chapter 2). Not thread-safe; allocates nothing.
 */
public final class Decoder {
    /** {@link #decode}: the bytes ended before the instruction did. */
    public static final int NEED_MORE = -1;

    /** {@link #decode}: prefixes and operands exceed 15 bytes, which raises #GP(0). */
    public static final int TOO_LONG = -2;

    /** No instruction is longer (SDM vol. 2, section 2.3.11). */
    public static final int MAX_LENGTH = 15;

    /** The instruction's bytes, the first one lowest, with zeros for what is not available. */
    private long low;

    private long high;
    private int position;
    private int available;

    /**
     * Decodes one instruction. Its bytes are read before they are looked at, and what one store of another processor replaces
     * within eight aligned bytes is read whole, as processors do: that is how code is patched while others execute it.
     *
     * @param i filled in
     * @param host host address of the first byte
     * @param bytes how many bytes there are, at least 1; aligned words that hold one of them are read
     * @param codeSize 16, 32 or 64
     * @return its length, {@link #NEED_MORE} or {@link #TOO_LONG}
     */
    public int decode(Insn i, long host, int bytes, int codeSize) {
        position = 0;
        available = Math.min(bytes, MAX_LENGTH);
        if (available < Long.BYTES) {
            readFew(host);
        } else {
            read(host);
        }
        i.codeSize = codeSize;
        prefixes(i);
        opcode(i);
        sizes(i);
        int kind = kind(i);
        i.hasModrm = (kind & OpcodeTable.MODRM) != 0;
        i.imm = 0;
        i.imm2 = 0;
        if (i.hasModrm) {
            modrm(i);
        } else {
            i.modrm = 0;
            i.mod = 3;
            i.reg = 0;
            i.rm = (i.opcode & 7) | (i.rex & 1) << 3;
            i.seg = Seg.DS;
        }
        immediate(i, kind & OpcodeTable.KIND);
        i.length = position;
        if (position > available && available < MAX_LENGTH) {
            // However long it looks: bytes that are not there yet count as zero.
            return NEED_MORE;
        }
        return position > MAX_LENGTH ? TOO_LONG : position;
    }

    private static int kind(Insn i) {
        switch (i.map) {
            case Insn.MAP_1:
                return OpcodeTable.ONE_BYTE[i.opcode];
            case Insn.MAP_0F:
                return OpcodeTable.TWO_BYTE[i.opcode];
            case Insn.MAP_VEX_0F:
                return OpcodeTable.vex(i.opcode);
            case Insn.MAP_VEX_NONE:
                return OpcodeTable.NONE;
            case Insn.MAP_0F38:
            case Insn.MAP_VEX_0F38:
                return OpcodeTable.MODRM;
            default:
                return OpcodeTable.MODRM | OpcodeTable.IMM8;
        }
    }

    private void read(long host) {
        long first = OffHeap.getLong(host);
        high = 0;
        while (available > Long.BYTES) {
            high = OffHeap.getLong(host + available - Long.BYTES) >>> 8 * (2 * Long.BYTES - available);
            // What is now at the seam of the two was there at one time.
            long again = OffHeap.getLongAcquire(host);
            if (again == first) {
                break;
            }
            first = again;
        }
        low = first;
    }

    /** Fewer than eight bytes, as at the end of a page. */
    private void readFew(long host) {
        long word = host & -Long.BYTES;
        int skipped = 8 * (int) (host - word);
        low = OffHeap.getLong(word) >>> skipped;
        if (skipped + 8 * available > Long.SIZE) {
            low |= OffHeap.getLong(word + Long.BYTES) << Long.SIZE - skipped;
        }
        low &= (1L << 8 * available) - 1;
        high = 0;
    }

    /** What follows {@code position}, zeros behind the end: the length says at last that it is too long. */
    private long ahead() {
        int p = 8 * position;
        if (p == 0) {
            return low;
        }
        return p < Long.SIZE ? low >>> p | high << Long.SIZE - p : p < 2 * Long.SIZE ? high >>> p - Long.SIZE : 0;
    }

    private int next8() {
        int b = peek8();
        position++;
        return b;
    }

    private int peek8() {
        return (int) ahead() & 0xff;
    }

    private int next16() {
        int value = (int) ahead() & 0xffff;
        position += 2;
        return value;
    }

    private int next32() {
        int value = (int) ahead();
        position += 4;
        return value;
    }

    private long next64() {
        long value = ahead();
        position += 8;
        return value;
    }

    private void prefixes(Insn i) {
        i.prefix66 = false;
        i.prefix67 = false;
        i.rep = 0;
        i.lock = false;
        i.rex = 0;
        i.segOverride = -1;
        boolean long64 = i.codeSize == 64;
        while (position <= MAX_LENGTH) {
            int b = next8();
            switch (b) {
                case 0x26:
                case 0x2e:
                case 0x36:
                case 0x3e:
                    if (!long64) {
                        i.segOverride = b >> 3 & 3;
                    }
                    break;
                case 0x64:
                case 0x65:
                    i.segOverride = Seg.FS + (b & 1);
                    break;
                case 0x66:
                    i.prefix66 = true;
                    break;
                case 0x67:
                    i.prefix67 = true;
                    break;
                case 0xf0:
                    i.lock = true;
                    break;
                case 0xf2:
                case 0xf3:
                    i.rep = b;
                    break;
                default:
                    if (long64 && (b & 0xf0) == 0x40) {
                        i.rex = b;
                        continue;
                    }
                    i.opcode = b;
                    return;
            }
            // A REX prefix counts only right before the opcode.
            i.rex = 0;
        }
    }

    private void opcode(Insn i) {
        i.map = Insn.MAP_1;
        i.vvvv = 0;
        i.vexL = false;
        if (i.opcode != 0x0f) {
            if ((i.opcode & 0xfe) == 0xc4 && (i.codeSize == 64 || (peek8() & 0xc0) == 0xc0)) {
                vex(i);
            }
            return;
        }
        int b = next8();
        if (b == 0x38) {
            i.map = Insn.MAP_0F38;
            b = next8();
        } else if (b == 0x3a) {
            i.map = Insn.MAP_0F3A;
            b = next8();
        } else {
            i.map = Insn.MAP_0F;
        }
        i.opcode = b;
    }

    /** The rest of a VEX prefix and the opcode (SDM vol. 2, section 2.3.5). */
    private void vex(Insn i) {
        boolean refused = i.prefix66 || i.rep != 0 || i.lock || i.rex != 0;
        int first = next8();
        int last = first;
        int rex = ~first >> 5 & 4;
        i.map = Insn.MAP_VEX_0F;
        if (i.opcode == 0xc4) {
            last = next8();
            rex = ~first >> 5 & 7 | last >> 4 & 8;
            int map = first & 0x1f;
            i.map = map >= 1 && map <= 3 ? Insn.MAP_VEX_0F + map - 1 : Insn.MAP_VEX_NONE;
        }
        if (refused) {
            i.map = Insn.MAP_VEX_NONE;
        }
        i.rex = 0x40 | rex;
        i.vvvv = ~last >> 3 & 15;
        if (i.codeSize != 64) {
            // R and X are clear, else it would be LDS or LES; B and the highest bit of vvvv do not count.
            i.rex &= 0x48;
            i.vvvv &= 7;
        }
        i.vexL = (last & 4) != 0;
        int pp = last & 3;
        i.prefix66 = pp == 1;
        i.rep = pp == 2 ? 0xf3 : pp == 3 ? 0xf2 : 0;
        i.opcode = next8();
    }

    private static void sizes(Insn i) {
        if (i.isVex()) {
            i.opSize = i.codeSize == 64 && (i.rex & 8) != 0 ? 8 : 4;
            i.addrSize = i.codeSize == 64 ? i.prefix67 ? 4 : 8 : i.prefix67 == (i.codeSize == 32) ? 2 : 4;
            return;
        }
        switch (i.codeSize) {
            case 64:
                i.opSize = (i.rex & 8) != 0 ? 8 : i.prefix66 ? 2 : 4;
                i.addrSize = i.prefix67 ? 4 : 8;
                break;
            case 32:
                i.opSize = i.prefix66 ? 2 : 4;
                i.addrSize = i.prefix67 ? 2 : 4;
                break;
            default:
                i.opSize = i.prefix66 ? 4 : 2;
                i.addrSize = i.prefix67 ? 4 : 2;
                break;
        }
    }

    private void modrm(Insn i) {
        int b = next8();
        i.modrm = b;
        i.mod = b >> 6;
        i.reg = (b >> 3 & 7) | (i.rex & 4) << 1;
        i.rm = (b & 7) | (i.rex & 1) << 3;
        i.base = Insn.NO_REG;
        i.index = Insn.NO_REG;
        i.scale = 0;
        i.disp = 0;
        i.sibIndex = Insn.NO_REG;
        i.seg = Seg.DS;
        // MOV to and from control and debug registers treats every mod as a register (SDM vol. 2, MOV CR).
        if (i.map == Insn.MAP_0F && (i.opcode & 0xfc) == 0x20) {
            i.mod = 3;
        }
        if (i.mod != 3) {
            if (i.addrSize == 2) {
                address16(i);
            } else {
                address32(i);
            }
            if (i.segOverride >= 0) {
                i.seg = i.segOverride;
            }
        }
    }

    private void address16(Insn i) {
        int rm = i.modrm & 7;
        if (i.mod == 0 && rm == 6) {
            i.disp = (short) next16();
            return;
        }
        // BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX
        i.base = rm == 0 || rm == 1 || rm == 7 ? 3 : rm == 4 ? 6 : rm == 5 ? 7 : 5;
        i.index = rm < 4 ? 6 + (rm & 1) : Insn.NO_REG;
        if (i.base == 5) {
            i.seg = Seg.SS;
        }
        displacement(i, false);
    }

    private void address32(Insn i) {
        int rm = i.modrm & 7;
        if (rm == 4) {
            int sib = next8();
            i.scale = sib >> 6;
            int index = (sib >> 3 & 7) | (i.rex & 2) << 2;
            i.sibIndex = index;
            i.index = index == 4 ? Insn.NO_REG : index;
            int base = sib & 7;
            if (base == 5 && i.mod == 0) {
                i.disp = next32();
                return;
            }
            i.base = base | (i.rex & 1) << 3;
        } else if (rm == 5 && i.mod == 0) {
            i.disp = next32();
            if (i.codeSize == 64) {
                i.base = Insn.BASE_RIP;
            }
            return;
        } else {
            i.base = i.rm;
        }
        // RSP and RBP, not R12 and R13, imply SS.
        if (i.base == 4 || i.base == 5) {
            i.seg = Seg.SS;
        }
        displacement(i, true);
    }

    private void displacement(Insn i, boolean wide) {
        if (i.mod == 1) {
            i.disp = (byte) next8();
        } else if (i.mod == 2) {
            i.disp = wide ? next32() : (short) next16();
        }
    }

    private void immediate(Insn i, int kind) {
        switch (kind) {
            case OpcodeTable.IMM8:
            case OpcodeTable.REL8:
                i.imm = (byte) next8();
                break;
            case OpcodeTable.IMM16:
                i.imm = next16();
                break;
            case OpcodeTable.IMM_Z:
                i.imm = i.opSize == 2 ? (short) next16() : next32();
                break;
            case OpcodeTable.IMM_V:
                i.imm = i.opSize == 8 ? next64() : i.opSize == 2 ? (short) next16() : next32();
                break;
            case OpcodeTable.MOFFS:
                moffs(i);
                break;
            case OpcodeTable.FAR:
                i.imm = i.opSize == 2 ? next16() : next32() & 0xffff_ffffL;
                i.imm2 = next16();
                break;
            case OpcodeTable.ENTER:
                i.imm = next16();
                i.imm2 = next8();
                break;
            case OpcodeTable.GROUP3_B:
                if ((i.modrm & 0x30) == 0) {
                    i.imm = (byte) next8();
                }
                break;
            case OpcodeTable.GROUP3_V:
                if ((i.modrm & 0x30) == 0) {
                    i.imm = i.opSize == 2 ? (short) next16() : next32();
                }
                break;
            case OpcodeTable.REL_Z:
                i.imm = i.codeSize != 64 && i.opSize == 2 ? (short) next16() : next32();
                break;
            default:
                break;
        }
    }

    private void moffs(Insn i) {
        i.disp = i.addrSize == 8 ? next64() : i.addrSize == 4 ? next32() & 0xffff_ffffL : next16();
        i.base = Insn.NO_REG;
        i.index = Insn.NO_REG;
        i.scale = 0;
        i.seg = i.segOverride >= 0 ? i.segOverride : Seg.DS;
    }
}
