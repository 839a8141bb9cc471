package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/**
 * The legacy region that FXSAVE and XSAVE share (SDM vol. 1, sections 10.5 and 13.4.1), as bytes at a host address, and
 * the passage from x87 to MMX.
 */
public final class FpuState {
    /** XCR0 and XSTATE_BV: the x87 component. */
    public static final int X87 = 1;

    /** XCR0 and XSTATE_BV: the SSE component. */
    public static final int SSE = 2;

    /** XCR0 and XSTATE_BV: the upper halves of the YMM registers. */
    public static final int AVX = 4;

    /** Offset of the AVX component in an XSAVE area, compacted or not: it is the first behind the header. */
    public static final int AVX_OFFSET = 576;

    /** Bytes of the AVX component. */
    public static final int AVX_SIZE = 256;

    /** Offset of MXCSR, then MXCSR_MASK. */
    public static final int MXCSR_OFFSET = 24;

    /** Offset of ST(0); the registers are 16 bytes apart. */
    public static final int ST_OFFSET = 32;

    /** Offset of XMM0. */
    public static final int XMM_OFFSET = 160;

    /** What FXSAVE writes in 64-bit mode; the rest of the 512 bytes is left to software. */
    public static final int SIZE64 = 416;

    /** What FXSAVE writes outside 64-bit mode, where there are eight XMM registers. */
    public static final int SIZE32 = 288;

    /** The bits of MXCSR that can be set: all but the upper half. */
    public static final int MXCSR_MASK = 0xffff;

    /** MXCSR after reset, and for XRSTOR's initial state. */
    public static final int MXCSR_INIT = 0x1f80;

    private static final int SLOT = 16;

    private FpuState() {}

    private static int vectors(CpuState s) {
        return s.code64() ? 16 : 8;
    }

    /**
     * Writes the x87 component: the first 24 bytes and the registers.
     *
     * @param wide REX.W: pointers of 64 bits in place of selector and offset
     */
    public static void saveX87(CpuState s, long to, boolean wide) {
        OffHeap.putShort(to, s.field(CpuState.FCW));
        OffHeap.putShort(to + 2, s.field(CpuState.FSW));
        OffHeap.putShort(to + 4, s.field(CpuState.FTW) & 0xff);
        OffHeap.putShort(to + 6, s.field(CpuState.FOP));
        long fip = OffHeap.getLong(s.base + CpuState.FIP);
        long fdp = OffHeap.getLong(s.base + CpuState.FDP);
        if (wide) {
            OffHeap.putLong(to + 8, fip);
            OffHeap.putLong(to + 16, fdp);
        } else {
            OffHeap.putLong(to + 8, fip & 0xffff_ffffL | (long) s.field(CpuState.FCS) << 32);
            OffHeap.putLong(to + 16, fdp & 0xffff_ffffL | (long) s.field(CpuState.FDS) << 32);
        }
        for (int i = 0; i < 8; i++) {
            long a = Fpu.st(s, i);
            long t = to + ST_OFFSET + (long) i * SLOT;
            OffHeap.putLong(t, OffHeap.getLong(a));
            OffHeap.putLong(t + 8, OffHeap.getChar(a + 8));
        }
    }

    /** Writes MXCSR and MXCSR_MASK. */
    public static void saveMxcsr(CpuState s, long to) {
        OffHeap.putInt(to + MXCSR_OFFSET, s.field(CpuState.MXCSR));
        OffHeap.putInt(to + MXCSR_OFFSET + 4, MXCSR_MASK);
    }

    /** Writes the XMM registers there are in this mode. */
    public static void saveXmm(CpuState s, long to) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.copy(s.xmm(i), to + XMM_OFFSET + (long) i * SLOT, SLOT);
        }
    }

    /** Reads the x87 component back. A pending exception follows from the flags and masks, whatever ES says. */
    public static void restoreX87(CpuState s, long from, boolean wide) {
        s.setField(CpuState.FSW, OffHeap.getChar(from + 2));
        s.setField(CpuState.FTW, OffHeap.getByte(from + 4) & 0xff);
        long fip = OffHeap.getLong(from + 8);
        long fdp = OffHeap.getLong(from + 16);
        int fop = OffHeap.getChar(from + 6) & 0x7ff;
        if (wide) {
            Fpu.setPointers(s, fip, 0, fdp, 0, fop);
        } else {
            int fcs = (int) (fip >>> 32) & 0xffff;
            int fds = (int) (fdp >>> 32) & 0xffff;
            Fpu.setPointers(s, fip & 0xffff_ffffL, fcs, fdp & 0xffff_ffffL, fds, fop);
        }
        for (int i = 0; i < 8; i++) {
            long a = Fpu.st(s, i);
            long t = from + ST_OFFSET + (long) i * SLOT;
            OffHeap.putLong(a, OffHeap.getLong(t));
            OffHeap.putLong(a + 8, OffHeap.getChar(t + 8));
        }
        Fpu.setFcw(s, OffHeap.getChar(from));
    }

    /** Reads the XMM registers there are in this mode. */
    public static void restoreXmm(CpuState s, long from) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.copy(from + XMM_OFFSET + (long) i * SLOT, s.xmm(i), SLOT);
        }
    }

    /** The x87 component's initial state. */
    public static void initX87(CpuState s) {
        Fpu.init(s);
        OffHeap.fill(s.base + CpuState.FPR, 8 * CpuState.FPR_STRIDE, 0);
    }

    /** The SSE component's initial state; MXCSR is not part of it. */
    public static void initXmm(CpuState s) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.fill(s.xmm(i), SLOT, 0);
        }
    }

    /** Bytes of the AVX component that this mode uses. */
    static int upperSize(CpuState s) {
        return vectors(s) * SLOT;
    }

    /** Copies the upper halves of the registers there are in this mode to host address {@code to}, 256 bytes. */
    static void saveUpper(CpuState s, long to) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.copy(s.xmm(i) + SLOT, to + (long) i * SLOT, SLOT);
        }
    }

    /** Takes them back. */
    static void restoreUpper(CpuState s, long from) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.copy(from + (long) i * SLOT, s.xmm(i) + SLOT, SLOT);
        }
        s.setField(CpuState.YMM_IN_USE, 1);
        s.setField(CpuState.YMM_IN_USE, upperInUse(s) ? 1 : 0);
    }

    /** The AVX component's initial state. */
    static void initUpper(CpuState s) {
        for (int i = 0; i < vectors(s); i++) {
            OffHeap.fill(s.xmm(i) + SLOT, SLOT, 0);
        }
        s.setField(CpuState.YMM_IN_USE, upperInUse(s) ? 1 : 0);
    }

    /** XINUSE: the components that are not in their initial state (section 13.6). */
    public static int inUse(CpuState s) {
        return (x87InUse(s) ? X87 : 0) | (xmmInUse(s) ? SSE : 0) | (upperInUse(s) ? AVX : 0);
    }

    private static boolean upperInUse(CpuState s) {
        if (s.field(CpuState.YMM_IN_USE) == 0) {
            return false;
        }
        long any = 0;
        for (int i = 0; i < 16; i++) {
            any |= OffHeap.getLong(s.xmm(i) + SLOT) | OffHeap.getLong(s.xmm(i) + SLOT + 8);
        }
        return any != 0;
    }

    private static boolean x87InUse(CpuState s) {
        if (s.field(CpuState.FCW) != Fpu.FCW_INIT
                || (s.field(CpuState.FSW) | s.field(CpuState.FTW) | s.field(CpuState.FOP)) != 0
                || (s.field(CpuState.FCS) | s.field(CpuState.FDS)) != 0) {
            return true;
        }
        long any = OffHeap.getLong(s.base + CpuState.FIP) | OffHeap.getLong(s.base + CpuState.FDP);
        for (int r = 0; r < 8; r++) {
            any |= OffHeap.getLong(s.fpr(r)) | OffHeap.getChar(s.fpr(r) + 8);
        }
        return any != 0;
    }

    private static boolean xmmInUse(CpuState s) {
        long any = 0;
        for (int i = 0; i < vectors(s); i++) {
            any |= OffHeap.getLong(s.xmm(i)) | OffHeap.getLong(s.xmm(i) + 8);
        }
        return any != 0;
    }

    /** After {@link #checkMmx} and the memory operand's faults: TOP is 0 and all tags valid (section 9.5.1). */
    public static void enterMmx(CpuState s) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~Fpu.TOP);
        s.setField(CpuState.FTW, 0xff);
    }

    /** The exponent and sign of a register that MMX wrote become ones. */
    public static void markMmx(CpuState s, int r) {
        OffHeap.putLong(s.fpr(r) + 8, 0xffff);
    }

    /** EMMS: all registers are empty. */
    public static void emptyMmx(CpuState s) {
        checkMmx(s);
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~Fpu.TOP);
        s.setField(CpuState.FTW, 0);
    }

    /** The faults that come before an MMX instruction, and before its memory operand is looked at. */
    public static void checkMmx(CpuState s) {
        if ((s.cr0 & Cr.CR0_EM) != 0) {
            throw s.ud();
        }
        if ((s.cr0 & Cr.CR0_TS) != 0) {
            throw s.raise(Vector.NM, 0);
        }
        if ((s.field(CpuState.FSW) & Fpu.ES) != 0) {
            throw s.raise(Vector.MF, 0);
        }
    }
}
