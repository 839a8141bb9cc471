package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;

/** INT n in virtual-8086 mode: IOPL, and the redirection bitmap of the virtual-mode extensions (SDM vol. 3, section 21.3.3). */
final class Vm86Interrupts {
    private static final int BITMAP_BYTES = 32;

    private Vm86Interrupts() {}

    /**
     * Handles INT {@code vector} by the program's own vector table where table 21-2 says so, and raises #GP(0) where the
     * monitor is to emulate it. False when the IDT handles it.
     */
    static boolean intercepts(CpuState s, Mmu m, int vector, long nextRip) {
        int iopl = s.rflags >> Cr.IOPL_SHIFT & 3;
        boolean redirected = (s.cr4 & Cr.CR4_VME) != 0 && redirected(s, m, vector);
        if (redirected) {
            enterProgramHandler(s, m, vector, nextRip, iopl);
            return true;
        }
        if (iopl < 3) {
            throw s.gp0();
        }
        return false;
    }

    /** Whether the bitmap below the I/O permission map has a 0 for {@code vector}. */
    private static boolean redirected(CpuState s, Mmu m, int vector) {
        if (!IoPermission.hasMap(s)) {
            return false;
        }
        long at = m.loadSystem(s.tr.base() + IoPermission.MAP_BASE, 2) - BITMAP_BYTES + (vector >> 3);
        if (at < 0 || at > s.tr.limit) {
            return false;
        }
        return (m.loadSystem(s.tr.base() + at, 1) >> (vector & 7) & 1) == 0;
    }

    private static void enterProgramHandler(CpuState s, Mmu m, int vector, long nextRip, int iopl) {
        long ip = m.load16(vector * 4L);
        int cs = m.load16(vector * 4L + 2);
        int flags = s.flags();
        int pushed = flags;
        int cleared = Cr.TF | Cr.RF;
        if (iopl == 3) {
            cleared |= Cr.IF;
        } else {
            // The program's IF is VIF, and it sees IOPL 3.
            pushed = pushed & ~Cr.IF | Cr.IOPL | ((flags & Cr.VIF) != 0 ? Cr.IF : 0);
            cleared |= Cr.VIF;
        }
        Stack.probeCurrent(s, m, 2, 3);
        Stack.putCurrent(s, m, 2, 1, pushed);
        Stack.putCurrent(s, m, 2, 2, s.seg[Seg.CS].selector);
        Stack.putCurrent(s, m, 2, 3, nextRip);
        Stack.adjust(s, -6);
        SegmentLoad.loadReal(s, s.seg[Seg.CS], cs);
        s.rip = ip;
        Mode.setFlags(s, m, flags & ~cleared);
    }
}
