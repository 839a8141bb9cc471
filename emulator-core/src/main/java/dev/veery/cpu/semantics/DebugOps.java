package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;

/**
 * Debug registers, breakpoints and single-step (SDM vol. 3, sections 18.2 and 18.3). A #DB carries the DR6 bits it will
 * set in {@link dev.veery.cpu.state.CpuFault#errorCode}. Data breakpoints are noticed by the MMU, which leaves them in
 * {@link CpuState#pendingDebug}.
 */
public final class DebugOps {
    /** DR6: a debug register was accessed while DR7.GD was set. */
    public static final int DR6_BD = 1 << 13;

    /** DR6: single-step. */
    public static final int DR6_BS = 1 << 14;

    /** DR6: task switch to a TSS with the T flag. */
    public static final int DR6_BT = 1 << 15;

    /**
     * Not a bit of DR6: in {@link CpuState#pendingDebug}, the instruction entered a handler with TF cleared, and no
     * single-step trap follows it (SDM vol. 3, section 18.3.1.4).
     */
    private static final int SWALLOWED = 1 << 31;

    /** DR6 bits that read as one; also its reset value. */
    public static final long DR6_FIXED = 0xffff_0ff0L;

    /** DR7 bits that read as one; also its reset value. */
    public static final long DR7_FIXED = 0x400;

    /** DR7: the next access to a debug register raises #DB. */
    static final long DR7_GD = 1 << 13;

    /** DR7: the four local enables, and LE. */
    static final long DR7_LOCAL = 0x155;

    private static final long DR6_WRITABLE = 0xe00f;
    private static final long DR7_WRITABLE = 0xffff_23ffL;
    private static final long DR7_ENABLES = 0xff;
    private static final int BREAKPOINTS = 0xf;
    private static final int RW_EXECUTE = 0;
    private static final int RW_IO = 2;
    private static final long DEBUGCTL_BTF = 1 << 1;

    private DebugOps() {}

    /** MOV from DRn; the caller cuts to 32 bits outside 64-bit code. */
    public static long readDr(CpuState s, int n) {
        int r = check(s, n);
        return r < 4 ? s.dr[r] : r == 6 ? s.dr6 : s.dr7;
    }

    /** MOV to DRn; outside 64-bit code the value comes zero-extended. */
    public static void writeDr(CpuState s, Mmu m, int n, long value) {
        int r = check(s, n);
        if (r < 4) {
            s.dr[r] = value;
        } else {
            if (value >>> 32 != 0) {
                throw s.gp0();
            }
            if (r == 6) {
                s.dr6 = value & DR6_WRITABLE | DR6_FIXED;
                return;
            }
            s.dr7 = value & DR7_WRITABLE | DR7_FIXED;
        }
        m.debugChanged();
        s.attention = true;
    }

    /** The register that {@code n} means, after the checks that all accesses share. */
    private static int check(CpuState s, int n) {
        if (n > 7) {
            throw s.ud();
        }
        // Processors look at the privilege level before CR4.DE.
        Checks.requireCpl0(s);
        if ((n == 4 || n == 5) && (s.cr4 & Cr.CR4_DE) != 0) {
            throw s.ud();
        }
        if ((s.dr7 & DR7_GD) != 0) {
            throw s.raise(Vector.DB, DR6_BD);
        }
        return n == 4 ? 6 : n == 5 ? 7 : n;
    }

    /** Whether any breakpoint is enabled. */
    public static boolean armed(CpuState s) {
        return (s.dr7 & DR7_ENABLES) != 0;
    }

    /**
     * Whether instructions must be executed one at a time, with the checks below around each. Any breakpoint asks for
     * it: data breakpoints are reported exactly behind the instruction too.
     */
    public static boolean stepping(CpuState s) {
        return (s.rflags & Cr.TF) != 0 || s.pendingDebug != 0 || armed(s);
    }

    /**
     * Before an instruction at linear address {@code linear}: raises #DB for an instruction breakpoint there, unless RF is
     * set or the last instruction held debug exceptions off.
     */
    public static void beforeInstruction(CpuState s, long linear) {
        if (!armed(s) || (s.rflags & Cr.RF) != 0 || s.debugShadow) {
            return;
        }
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            if (kind(s, n) == RW_EXECUTE && s.dr[n] == linear) {
                hits |= 1 << n;
            }
        }
        if (enabledAmong(s, hits)) {
            throw s.raise(Vector.DB, hits);
        }
    }

    /**
     * After an instruction that completed, RIP being that of the next: delivers a pending debug trap and clears RF.
     *
     * @param tf RFLAGS.TF as it was before the instruction
     * @param rf RFLAGS.RF as it was before the instruction: one that set it anew (IRET) keeps it
     * @param branched whether the instruction was a branch that was taken, for DEBUGCTL.BTF
     */
    public static void afterInstruction(CpuState s, Mmu m, CpuEnv e, boolean tf, boolean rf, boolean branched) {
        if (rf) {
            s.rflags &= ~Cr.RF;
        }
        boolean swallowed = (s.pendingDebug & SWALLOWED) != 0;
        s.pendingDebug &= ~SWALLOWED;
        if (tf && !swallowed && (branched || (s.msrs.debugCtl & DEBUGCTL_BTF) == 0)) {
            s.pendingDebug |= DR6_BS;
        }
        if (s.debugShadow) {
            s.debugShadow = false;
            return;
        }
        deliverPending(s, m, e);
    }

    /** INT n, INT3, INTO or SYSCALL entered its handler: a TF that {@code flags} had and RFLAGS has no more does not trap. */
    static void swallowStep(CpuState s, int flags) {
        if ((flags & ~s.rflags & Cr.TF) != 0) {
            s.pendingDebug |= SWALLOWED;
        }
    }

    /** RFLAGS to load, without RF when no breakpoint could make it matter. */
    static int usefulFlags(CpuState s, int flags) {
        return armed(s) ? flags : flags & ~Cr.RF;
    }

    /** Delivers #DB as a trap when {@link CpuState#pendingDebug} says so. */
    public static void deliverPending(CpuState s, Mmu m, CpuEnv e) {
        int bits = s.pendingDebug & ~SWALLOWED;
        if (bits != 0) {
            s.pendingDebug = 0;
            s.raise(Vector.DB, bits);
            InterruptDelivery.deliverFault(s, m, e);
        }
    }

    /** IN and OUT: notes I/O breakpoints on {@code size} ports from {@code port}, to be reported after the instruction. */
    public static void io(CpuState s, int port, int size) {
        if (!armed(s) || (s.cr4 & Cr.CR4_DE) == 0) {
            return;
        }
        for (int n = 0; n < 4; n++) {
            int length = length(s, n);
            long start = s.dr[n] & -length;
            if (enabled(s, n) && kind(s, n) == RW_IO && port < start + length && start < port + size) {
                s.pendingDebug |= 1 << n;
                s.attention = true;
            }
        }
    }

    /** What the delivery of #DB does to DR6 and DR7. */
    static void report(CpuState s, Mmu m, int bits) {
        // B0 to B3 tell about this exception; the others stay until software clears them.
        s.dr6 = s.dr6 & ~BREAKPOINTS | bits | DR6_FIXED;
        if ((s.dr7 & DR7_GD) != 0) {
            s.dr7 &= ~DR7_GD;
            m.debugChanged();
        }
    }

    /** Whether the #DB that sets {@code bits} is a fault that no instruction breakpoint caused, so that RF is saved as 1. */
    static boolean savesRf(int bits) {
        return (bits & DR6_BD) != 0;
    }

    /** A task switch clears the local enables. */
    static void clearLocal(CpuState s, Mmu m) {
        if ((s.dr7 & DR7_LOCAL) != 0) {
            s.dr7 &= ~DR7_LOCAL;
            m.debugChanged();
        }
    }

    private static boolean enabledAmong(CpuState s, int hits) {
        for (int n = 0; n < 4; n++) {
            if ((hits >> n & 1) != 0 && enabled(s, n)) {
                return true;
            }
        }
        return false;
    }

    private static boolean enabled(CpuState s, int n) {
        return (s.dr7 >>> 2 * n & 3) != 0;
    }

    private static int kind(CpuState s, int n) {
        return (int) (s.dr7 >>> 16 + 4 * n) & 3;
    }

    private static int length(CpuState s, int n) {
        int len = (int) (s.dr7 >>> 18 + 4 * n) & 3;
        return len == 2 ? 8 : len + 1;
    }
}
