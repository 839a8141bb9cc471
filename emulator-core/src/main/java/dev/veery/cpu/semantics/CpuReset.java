package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/** What a processor looks like after power-on, RESET# and INIT (SDM vol. 3, table 10-1). */
public final class CpuReset {
    private static final long CR0_POWER_ON = Cr.CR0_CD | Cr.CR0_NW | Cr.CR0_ET;
    private static final int DATA = Seg.P | Seg.S | Seg.TYPE_RW | Seg.TYPE_ACCESSED;
    private static final int RESET_CS = 0xf000;
    private static final long RESET_CS_BASE = 0xffff_0000L;
    private static final long RESET_IP = 0xfff0;
    private static final int FCW_POWER_ON = 0x40;
    private static final int FTW_ALL_ZERO = 0xff;
    private static final int MXCSR_RESET = 0x1f80;

    private CpuReset() {}

    /** Power-on and RESET#. The local APIC is reset by its owner. */
    public static void powerOn(CpuState s, Mmu m, CpuEnv e) {
        OffHeap.fill(s.base, CpuState.ARCHITECTURAL_SIZE, 0);
        s.setField(CpuState.FCW, FCW_POWER_ON);
        s.setField(CpuState.FTW, FTW_ALL_ZERO);
        s.setField(CpuState.MXCSR, MXCSR_RESET);
        s.star = 0;
        s.lstar = 0;
        s.cstar = 0;
        s.fmask = 0;
        s.setKernelGsBase(0);
        s.tscAux = 0;
        s.sysenterCs = 0;
        s.sysenterEsp = 0;
        s.sysenterEip = 0;
        // The counter starts at 0 now.
        s.tscOffset = -e.tsc();
        s.xcr0 = 1;
        s.msrs.powerOn();
        common(s, m, e, CR0_POWER_ON);
    }

    /** INIT: x87 and vector registers, the TSC, memory types and most MSRs stay, and so do CR0.CD and NW. */
    public static void init(CpuState s, Mmu m, CpuEnv e) {
        s.msrs.init();
        common(s, m, e, s.cr0 & (Cr.CR0_CD | Cr.CR0_NW) | Cr.CR0_ET);
    }

    /** A start-up IPI to a processor that INIT left waiting: real mode at {@code vector << 12} (SDM vol. 3, section 9.4.4). */
    public static void startup(CpuState s, Mmu m, int vector) {
        s.seg[Seg.CS].set(vector << 8, (long) vector << 12, 0xffff, DATA);
        s.rip = 0;
        Mode.changed(s, m);
    }

    private static void common(CpuState s, Mmu m, CpuEnv e, long cr0) {
        for (int r = 0; r < 16; r++) {
            s.setGpr(r, 0);
        }
        s.setGpr(CpuState.RDX, e.model().identity().signature());
        s.rip = RESET_IP;
        s.setFlags(0);
        s.cpl = 0;
        s.cr0 = cr0;
        s.cr2 = 0;
        s.cr3 = 0;
        s.cr4 = 0;
        s.efer = 0;
        for (Seg g : s.seg) {
            g.set(0, 0, 0xffff, DATA);
        }
        s.seg[Seg.CS].set(RESET_CS, RESET_CS_BASE, 0xffff, DATA);
        s.ldtr.set(0, 0, 0xffff, Seg.P | Descriptor.LDT);
        s.tr.set(0, 0, 0xffff, Seg.P | Descriptor.TSS32_BUSY);
        s.gdtBase = 0;
        s.gdtLimit = 0xffff;
        s.idtBase = 0;
        s.idtLimit = 0xffff;
        Arrays.fill(s.dr, 0);
        s.dr6 = DebugOps.DR6_FIXED;
        s.dr7 = DebugOps.DR7_FIXED;
        s.pendingDebug = 0;
        s.interruptShadow = false;
        s.debugShadow = false;
        s.halted = false;
        s.nmiBlocked = false;
        s.attention = true;
        m.flushAll();
        m.debugChanged();
        e.codeTranslationChanged();
        Mode.changed(s, m);
    }
}
