package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;

/** What follows from a change of privilege level, segment, control register or of RFLAGS.VM and AC. */
public final class Mode {
    private Mode() {}

    /** Recomputes everything derived. */
    public static void changed(CpuState s, Mmu m) {
        s.updateMode();
        m.modeChanged();
    }

    /** Writes all of RFLAGS, with what follows from a change of AC, VM, IF or TF. */
    public static void setFlags(CpuState s, Mmu m, int value) {
        int changed = s.rflags ^ value;
        replaceFlags(s, value);
        if ((changed & (Cr.AC | Cr.VM)) != 0) {
            changed(s, m);
        }
    }

    /**
     * Writes all of RFLAGS when {@link #changed} follows anyway. The engine has to look when interrupts become possible, or
     * an instruction has to be executed by itself.
     */
    static void replaceFlags(CpuState s, int value) {
        if ((value & Cr.TF) != 0 || (value & ~s.rflags & Cr.IF) != 0) {
            s.attention = true;
        }
        s.setFlags(value);
    }

    /** Enters privilege level {@code cpl} as far as memory accesses are concerned; undone by calling it again. */
    static void setCpl(CpuState s, Mmu m, int cpl) {
        if (s.cpl != cpl) {
            s.cpl = cpl;
            m.modeChanged();
        }
    }
}
