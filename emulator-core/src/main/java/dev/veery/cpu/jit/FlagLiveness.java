package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Insn;

/**
 * Which instructions of a block need the arithmetic flags of those before them. A point where the block may be left (a
 * memory access that may fault, an instruction left to the interpreter, its end) needs them too: state is precise there.
 */
final class FlagLiveness {
    /** Reads no flag, writes none. */
    static final int NEUTRAL = 0;

    /** Writes all six without reading any. */
    static final int KILLS = 1;

    /** Reads some, or writes only some. */
    static final int USES = 2;

    private FlagLiveness() {}

    /**
     * Computes liveness.
     *
     * @param liveBefore set for each instruction: whether flags from before it are still needed when it begins
     */
    static void analyse(Insn[] insns, boolean[] leaves, int count, boolean[] liveBefore) {
        boolean live = true;
        for (int i = count - 1; i >= 0; i--) {
            int kind = kind(insns[i]);
            if (leaves[i] || kind == USES) {
                live = true;
            } else if (kind == KILLS) {
                live = false;
            }
            liveBefore[i] = live;
        }
    }

    /** What an instruction that is translated does with the flags. */
    static int kind(Insn i) {
        int o = i.opcode;
        if (i.map == Insn.MAP_1) {
            if (o < 0x40) {
                int op = o >> 3;
                return op == 2 || op == 3 ? USES : KILLS;
            }
            int group = i.modrm >> 3 & 7;
            switch (o) {
                case 0x80:
                case 0x81:
                case 0x83:
                    return group == 2 || group == 3 ? USES : KILLS;
                case 0x69:
                case 0x6b:
                case 0x84:
                case 0x85:
                case 0xa8:
                case 0xa9:
                    return KILLS;
                case 0xc0:
                case 0xc1:
                case 0xd0:
                case 0xd1:
                case 0xd2:
                case 0xd3:
                case 0xfe:
                    return USES;
                case 0xf6:
                case 0xf7:
                    return group == 2 ? NEUTRAL : KILLS;
                case 0x9c:
                    return USES;
                case 0x9d:
                    return KILLS;
                case 0xff:
                    return group < 2 ? USES : NEUTRAL;
                default:
                    if (X87Insns.opcode(o)) {
                        return X87Insns.flags(i);
                    }
                    return o >= 0x70 && o < 0x80 ? USES : NEUTRAL;
            }
        }
        if (i.isVex()) {
            return VexInsns.writesFlags(i) ? KILLS : NEUTRAL;
        }
        if ((VectorForms.of(i) & VectorForms.KIND) == VectorForms.COMPARE) {
            return KILLS;
        }
        if (i.map == Insn.MAP_0F) {
            if (o >= 0x40 && o < 0x50 || o >= 0x80 && o < 0xa0) {
                return USES;
            }
            switch (o) {
                case 0x05:
                case 0x07:
                case 0xa3:
                case 0xa4:
                case 0xa5:
                case 0xab:
                case 0xac:
                case 0xad:
                case 0xb3:
                case 0xba:
                case 0xbb:
                case 0xbc:
                case 0xbd:
                case 0xc7:
                    return USES;
                case 0xaf:
                case 0xb0:
                case 0xb1:
                case 0xb8:
                case 0xc0:
                case 0xc1:
                    return KILLS;
                default:
                    return NEUTRAL;
            }
        }
        return NEUTRAL;
    }
}
