package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;

/**
 * SYSCALL, SYSRET, SYSENTER and SYSEXIT (SDM vol. 2; AMD APM vol. 3 for what Intel does not have). The vendor of the
 * model decides: SYSCALL outside 64-bit code is AMD's, SYSENTER in long mode Intel's.
 */
public final class FastCalls {
    private static final int FLAT = Seg.P | Seg.S | Seg.G | Seg.TYPE_ACCESSED | Seg.TYPE_RW;
    private static final long FLAT_LIMIT = 0xffff_ffffL;
    private static final long LOW = 0xffff_ffffL;

    /** RFLAGS bits that SYSRET takes from R11. */
    public static final int SYSRET_FLAGS = 0x3c_7fd7;

    private static final int R11 = 11;

    private FastCalls() {}

    private static void loadCode(CpuState s, int selector, int dpl, boolean code64) {
        int size = code64 ? Seg.L : Seg.DB;
        s.seg[Seg.CS].set(selector & 0xffff, 0, FLAT_LIMIT, FLAT | Seg.TYPE_CODE | size | dpl << Seg.DPL_SHIFT);
        s.cpl = dpl;
    }

    private static void loadStack(CpuState s, int selector, int dpl) {
        s.seg[Seg.SS].set(selector & 0xffff, 0, FLAT_LIMIT, FLAT | Seg.DB | dpl << Seg.DPL_SHIFT);
    }

    /** SYSCALL. */
    public static void syscall(CpuState s, Mmu m, CpuEnv e, long nextRip) {
        boolean legal = s.code64() || s.protectedMode() && !e.model().isIntel();
        if (!legal || (s.efer & Cr.EFER_SCE) == 0) {
            throw s.ud();
        }
        int flags = s.flags();
        s.setGpr(CpuState.RCX, nextRip);
        if (s.longMode()) {
            s.setGpr(R11, flags & ~Cr.RF & LOW);
            s.rip = s.code64() ? s.lstar : s.cstar;
            Mode.replaceFlags(s, flags & ~((int) s.fmask | Cr.RF));
        } else {
            s.rip = s.star & LOW;
            Mode.replaceFlags(s, flags & ~(Cr.IF | Cr.RF | Cr.VM));
        }
        enterSystem(s);
        DebugOps.swallowStep(s, flags);
        Mode.changed(s, m);
    }

    /** What SYSCALL does to CS, SS and the privilege level; {@link Mode#changed} has to follow. */
    public static void enterSystem(CpuState s) {
        int selector = (int) (s.star >>> 32) & 0xfffc;
        loadCode(s, selector, 0, s.longMode());
        loadStack(s, selector + 8, 0);
    }

    /** What SYSRET does to them; {@link Mode#changed} has to follow. */
    public static void enterUser(CpuState s, boolean to64) {
        int selector = (int) (s.star >>> 48);
        loadCode(s, selector + (to64 ? 16 : 0) | 3, 3, to64);
        loadStack(s, selector + 8 | 3, 3);
    }

    /**
     * SYSRET.
     *
     * @param opSize 8 returns to 64-bit code, anything else to 32-bit code
     */
    public static void sysret(CpuState s, Mmu m, CpuEnv e, int opSize) {
        boolean legal = s.code64() || s.protectedMode() && !e.model().isIntel();
        if (!legal || (s.efer & Cr.EFER_SCE) == 0) {
            throw s.ud();
        }
        Checks.requireCpl0(s);
        long rcx = s.gpr(CpuState.RCX);
        boolean to64 = opSize == 8;
        if (to64) {
            Checks.requireCanonical(s, rcx);
        }
        if (s.longMode()) {
            Mode.replaceFlags(s, (int) s.gpr(R11) & SYSRET_FLAGS);
        } else {
            Mode.replaceFlags(s, s.flags() | Cr.IF);
        }
        s.rip = to64 ? rcx : rcx & LOW;
        enterUser(s, to64);
        Mode.changed(s, m);
    }

    private static void requireSysenter(CpuState s, CpuEnv e) {
        if (s.longMode() && !e.model().isIntel()) {
            throw s.ud();
        }
        if ((s.cr0 & Cr.CR0_PE) == 0 || (s.sysenterCs & 0xfffc) == 0) {
            throw s.gp0();
        }
    }

    /** SYSENTER. */
    public static void sysenter(CpuState s, Mmu m, CpuEnv e) {
        requireSysenter(s, e);
        boolean lma = s.longMode();
        int selector = (int) s.sysenterCs & 0xfffc;
        Mode.replaceFlags(s, s.flags() & ~(Cr.VM | Cr.IF | Cr.RF));
        s.setGpr(CpuState.RSP, lma ? s.sysenterEsp : s.sysenterEsp & LOW);
        s.rip = lma ? s.sysenterEip : s.sysenterEip & LOW;
        loadCode(s, selector, 0, lma);
        loadStack(s, selector + 8, 0);
        Mode.changed(s, m);
    }

    /**
     * SYSEXIT.
     *
     * @param opSize 8 returns to 64-bit code, anything else to 32-bit code
     */
    public static void sysexit(CpuState s, Mmu m, CpuEnv e, int opSize) {
        requireSysenter(s, e);
        Checks.requireCpl0(s);
        long rcx = s.gpr(CpuState.RCX);
        long rdx = s.gpr(CpuState.RDX);
        boolean to64 = opSize == 8;
        if (to64) {
            Checks.requireCanonical(s, rcx);
            Checks.requireCanonical(s, rdx);
        }
        int selector = (int) s.sysenterCs & 0xfffc;
        int code = selector + (to64 ? 32 : 16) | 3;
        s.setGpr(CpuState.RSP, to64 ? rcx : rcx & LOW);
        s.rip = to64 ? rdx : rdx & LOW;
        loadCode(s, code, 3, to64);
        loadStack(s, code + 8, 3);
        Mode.changed(s, m);
    }
}
