package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/**
 * The x87 register stack and status word (SDM vol. 1, sections 8.1 and 8.5): what every instruction does before and after
 * its own work.
 *
 * <p>An instruction begins with {@link #begin}, leaves its result in the accumulator and what it raised in {@link
 * FloatEnv#flags}, and asks {@link #finish} whether it may write the result.
 */
public final class Fpu {
    /** FSW: stack fault, also used in {@link FloatEnv#flags}. */
    public static final int SF = 1 << 6;

    /** FSW: an unmasked exception is pending. */
    public static final int ES = 1 << 7;

    public static final int C0 = 1 << 8;
    public static final int C1 = 1 << 9;
    public static final int C2 = 1 << 10;
    public static final int TOP_SHIFT = 11;
    public static final int TOP = 7 << TOP_SHIFT;
    public static final int C3 = 1 << 14;

    /** FSW: busy, a copy of ES since the 287. */
    public static final int BUSY = 1 << 15;

    /** FCW after FNINIT. */
    public static final int FCW_INIT = 0x37f;

    /** The bits of FCW that software can set; bit 6 reads as one. */
    private static final int FCW_WRITABLE = 0x1f3f;

    private static final int FCW_FIXED = 1 << 6;

    private Fpu() {}

    /**
     * What comes before every instruction but the control instructions without wait: #NM, then a pending #MF.
     *
     * <p>DEVIATION: with CR0.NE clear an unmasked exception raises #MF too, not FERR# and interrupt 13 (SDM vol. 3, section
     * 2.5): no board since the 486 that boots a 32-bit kernel relies on it. Pinned by
     * {@code FpuExceptionTest.pendingExceptionIsMathFaultWhateverNeSays}.
     */
    public static void enter(CpuState s) {
        available(s);
        if ((s.field(CpuState.FSW) & ES) != 0) {
            throw s.raise(Vector.MF, 0);
        }
    }

    /** #NM when the FPU is switched off or belongs to another task. */
    public static void available(CpuState s) {
        if ((s.cr0 & (Cr.CR0_EM | Cr.CR0_TS)) != 0) {
            throw s.raise(Vector.NM, 0);
        }
    }

    /** WAIT (9B): heeds TS only together with MP, and EM not at all. */
    public static void await(CpuState s) {
        if ((s.cr0 & (Cr.CR0_MP | Cr.CR0_TS)) == (Cr.CR0_MP | Cr.CR0_TS)) {
            throw s.raise(Vector.NM, 0);
        }
        if ((s.field(CpuState.FSW) & ES) != 0) {
            throw s.raise(Vector.MF, 0);
        }
    }

    static FloatEnv begin(CpuState s) {
        FloatEnv e = s.fenv;
        e.useFcw(s.field(CpuState.FCW));
        return e;
    }

    /** Physical number of the register at the top of the stack. */
    public static int top(CpuState s) {
        return s.field(CpuState.FSW) >> TOP_SHIFT & 7;
    }

    /** Host address of ST(i). */
    static long st(CpuState s, int i) {
        return s.fpr(top(s) + i & 7);
    }

    static long sig(CpuState s, int i) {
        return OffHeap.getLong(st(s, i));
    }

    static int signExp(CpuState s, int i) {
        return OffHeap.getChar(st(s, i) + 8);
    }

    static boolean empty(CpuState s, int i) {
        return (s.field(CpuState.FTW) >> (top(s) + i & 7) & 1) == 0;
    }

    /** Writes the accumulator to ST(i) and marks it valid. */
    static void write(CpuState s, int i, FloatEnv e) {
        write(s, i, e.sig, e.signExp);
    }

    static void write(CpuState s, int i, long sig, int signExp) {
        int r = top(s) + i & 7;
        long a = s.fpr(r);
        OffHeap.putLong(a, sig);
        OffHeap.putLong(a + 8, signExp);
        s.setField(CpuState.FTW, s.field(CpuState.FTW) | 1 << r);
    }

    static boolean c1(CpuState s) {
        return (s.field(CpuState.FSW) & C1) != 0;
    }

    static void setC1(CpuState s, boolean c1) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~C1 | (c1 ? C1 : 0));
    }

    static void setTop(CpuState s, int top) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~TOP | (top & 7) << TOP_SHIFT);
    }

    static void free(CpuState s, int i) {
        s.setField(CpuState.FTW, s.field(CpuState.FTW) & ~(1 << (top(s) + i & 7)));
    }

    static void pop(CpuState s) {
        free(s, 0);
        setTop(s, top(s) + 1);
    }

    /** Makes room at the top and writes the accumulator there. */
    static void push(CpuState s, FloatEnv e) {
        setTop(s, top(s) - 1);
        write(s, 0, e);
    }

    /** An empty register was read: the masked answer is the indefinite. */
    static void underflow(FloatEnv e) {
        e.flags |= FloatEnv.IE | SF;
        e.roundedUp = false;
        SoftF80.set(e, SoftF80.INDEFINITE_SIG, SoftF80.INDEFINITE_SE);
    }

    /** A register in use would be pushed over. C1 tells it from the above. */
    static void overflow(FloatEnv e) {
        underflow(e);
        e.roundedUp = true;
    }

    /**
     * Adds what was raised to FSW and sets C1. Returns whether the result may be written: not when an exception found
     * before computing is unmasked; then those found after are not reported (SDM vol. 1, section 8.5).
     */
    static boolean finish(CpuState s, FloatEnv e) {
        int f = e.flags;
        boolean go = (f & FloatEnv.PRE & ~e.masks) == 0;
        if (!go) {
            f &= FloatEnv.PRE | SF;
        }
        int fsw = s.field(CpuState.FSW) & ~C1 | f;
        if (e.roundedUp && (go || (f & SF) != 0)) {
            fsw |= C1;
        }
        if ((f & ~e.masks & FloatEnv.ALL) != 0) {
            fsw |= ES | BUSY;
        }
        s.setField(CpuState.FSW, fsw);
        return go;
    }

    /** Whether a store to memory happens: only an unmasked inexact result is stored all the same. */
    static boolean storable(FloatEnv e) {
        return (e.flags & ~e.masks & (FloatEnv.ALL & ~FloatEnv.PE)) == 0;
    }

    static void setConditions(CpuState s, int c) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~(C0 | C2 | C3) | c);
    }

    /** Writes FCW, and with it whether an exception is pending. */
    static void setFcw(CpuState s, int fcw) {
        s.setField(CpuState.FCW, fcw & FCW_WRITABLE | FCW_FIXED);
        summarise(s);
        s.updateX87Mode();
    }

    /** Recomputes ES and B from the exceptions and their masks. */
    static void summarise(CpuState s) {
        int fsw = s.field(CpuState.FSW) & ~(ES | BUSY);
        if ((fsw & ~s.field(CpuState.FCW) & FloatEnv.ALL) != 0) {
            fsw |= ES | BUSY;
        }
        s.setField(CpuState.FSW, fsw);
    }

    /** FNINIT. */
    public static void init(CpuState s) {
        s.setField(CpuState.FCW, FCW_INIT);
        s.setField(CpuState.FSW, 0);
        s.setField(CpuState.FTW, 0);
        setPointers(s, 0, 0, 0, 0, 0);
        s.updateX87Mode();
    }

    /** FNCLEX. */
    public static void clearExceptions(CpuState s) {
        s.setField(CpuState.FSW, s.field(CpuState.FSW) & ~(FloatEnv.ALL | SF | ES | BUSY));
    }

    /** Records which instruction ran last (section 8.1.8). */
    public static void setInstruction(CpuState s, long fip, int fcs, int fop) {
        OffHeap.putLong(s.base + CpuState.FIP, fip);
        s.setField(CpuState.FCS, fcs);
        s.setField(CpuState.FOP, fop);
    }

    /** Records the memory operand of the last instruction that had one. */
    public static void setOperand(CpuState s, long fdp, int fds) {
        OffHeap.putLong(s.base + CpuState.FDP, fdp);
        s.setField(CpuState.FDS, fds);
    }

    static void setPointers(CpuState s, long fip, int fcs, long fdp, int fds, int fop) {
        setInstruction(s, fip, fcs, fop);
        setOperand(s, fdp, fds);
    }
}
