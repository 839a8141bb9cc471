package dev.veery.cpu.semantics;

import dev.veery.cpu.state.Msr;
import dev.veery.cpu.state.MsrBank;

/** Which values the memory-type registers take (SDM vol. 3, sections 12.11.2 and 12.12.2). */
final class MtrrOps {
    /** PHYSBASE: reserved bits 8 to 11. */
    private static final long BASE_RESERVED = 0xf00;

    /** PHYSMASK: reserved bits 0 to 10. */
    private static final long MASK_RESERVED = 0x7ff;

    private static final long DEF_TYPE_VALID = 0xff | MsrBank.DEF_TYPE_E | MsrBank.DEF_TYPE_FE;

    private MtrrOps() {}

    /** Whether {@code msr} is one of these registers. */
    static boolean exists(int msr) {
        return msr == Msr.MTRRCAP
                || msr == Msr.MTRR_DEF_TYPE
                || MsrBank.variableRange(msr) >= 0
                || MsrBank.fixedRange(msr) >= 0;
    }

    /** Reads a register other than MTRRCAP. */
    static long read(MsrBank b, int msr) {
        if (msr == Msr.MTRR_DEF_TYPE) {
            return b.mtrrDefType;
        }
        int v = MsrBank.variableRange(msr);
        return v >= 0 ? b.mtrrVariable[v] : b.mtrrFixed[MsrBank.fixedRange(msr)];
    }

    /** Writes a register; false when it is read-only or the value not valid. */
    static boolean write(MsrBank b, int msr, long value, int physicalBits) {
        if (msr == Msr.MTRRCAP) {
            return false;
        }
        if (msr == Msr.MTRR_DEF_TYPE) {
            if ((value & ~DEF_TYPE_VALID) != 0 || !validType((int) value & 0xff)) {
                return false;
            }
            b.mtrrDefType = value;
            return true;
        }
        int v = MsrBank.variableRange(msr);
        if (v >= 0) {
            boolean mask = (v & 1) != 0;
            long reserved = (mask ? MASK_RESERVED : BASE_RESERVED) | -1L << physicalBits;
            if ((value & reserved) != 0 || !mask && !validType((int) value & 0xff)) {
                return false;
            }
            b.mtrrVariable[v] = value;
            return true;
        }
        for (int i = 0; i < 64; i += 8) {
            if (!validType((int) (value >>> i) & 0xff)) {
                return false;
            }
        }
        b.mtrrFixed[MsrBank.fixedRange(msr)] = value;
        return true;
    }

    private static boolean validType(int type) {
        return type == MsrBank.TYPE_UC || type == MsrBank.TYPE_WC || type >= MsrBank.TYPE_WT && type <= MsrBank.TYPE_WB;
    }

    /** Whether all eight entries of an IA32_PAT value are memory types. */
    static boolean validPat(long value) {
        for (int i = 0; i < 64; i += 8) {
            int type = (int) (value >>> i) & 0xff;
            if (!validType(type) && type != MsrBank.TYPE_UC_MINUS) {
                return false;
            }
        }
        return true;
    }
}
