package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;

/** CLI, STI, PUSHF and POPF with the rules of IOPL, VME and PVI (SDM vol. 2; vol. 3, sections 21.3 and 21.4). */
public final class FlagOps {
    /** What POPF of 16 bits may change at most. */
    private static final int LOW_FLAGS = Cr.ARITH | Cr.TF | Cr.IF | Cr.DF | Cr.IOPL | Cr.NT;

    private FlagOps() {}

    private static int iopl(CpuState s) {
        return s.rflags >> Cr.IOPL_SHIFT & 3;
    }

    /** Whether IF itself may be changed; #GP(0) when neither it nor VIF may. */
    private static boolean mayChangeIf(CpuState s) {
        if ((s.cr0 & Cr.CR0_PE) == 0 || iopl(s) >= s.cpl) {
            return true;
        }
        boolean virtual = s.vm86() ? (s.cr4 & Cr.CR4_VME) != 0 : s.cpl == 3 && (s.cr4 & Cr.CR4_PVI) != 0;
        if (!virtual) {
            throw s.gp0();
        }
        return false;
    }

    /** CLI. */
    public static void cli(CpuState s) {
        s.rflags &= mayChangeIf(s) ? ~Cr.IF : ~Cr.VIF;
    }

    /** STI: interrupts wait for one more instruction if they were off. */
    public static void sti(CpuState s) {
        if (mayChangeIf(s)) {
            if ((s.rflags & Cr.IF) == 0) {
                s.rflags |= Cr.IF;
                s.interruptShadow = true;
                s.attention = true;
            }
            return;
        }
        if ((s.rflags & Cr.VIP) != 0) {
            throw s.gp0();
        }
        s.rflags |= Cr.VIF;
    }

    /** PUSHF: the value to push, to be cut to the operand's size. */
    public static long pushf(CpuState s, int opSize) {
        int flags = s.flags();
        if (s.vm86() && iopl(s) < 3) {
            if (opSize != 2 || (s.cr4 & Cr.CR4_VME) == 0) {
                throw s.gp0();
            }
            return flags & ~Cr.IF | Cr.IOPL | ((flags & Cr.VIF) != 0 ? Cr.IF : 0);
        }
        return flags & ~(Cr.VM | Cr.RF);
    }

    /** POPF of a value that was popped; a fault leaves the flags, and the caller the stack pointer, as they were. */
    public static void popf(CpuState s, Mmu m, int opSize, long value) {
        int popped = (int) value;
        int mask = LOW_FLAGS;
        if (opSize > 2) {
            mask |= Cr.AC | Cr.ID;
        }
        if (s.vm86()) {
            if (iopl(s) < 3) {
                popfVirtual(s, m, opSize, popped);
                return;
            }
            mask &= ~Cr.IOPL;
        } else if ((s.cr0 & Cr.CR0_PE) != 0 && s.cpl != 0) {
            mask &= ~Cr.IOPL;
            if (s.cpl > iopl(s)) {
                mask &= ~Cr.IF;
            }
        }
        Mode.setFlags(s, m, s.flags() & ~(mask | Cr.RF) | popped & mask);
    }

    private static void popfVirtual(CpuState s, Mmu m, int opSize, int popped) {
        boolean wantsIf = (popped & Cr.IF) != 0;
        boolean extensions = opSize == 2 && (s.cr4 & Cr.CR4_VME) != 0;
        if (!extensions || (popped & Cr.TF) != 0 || wantsIf && (s.rflags & Cr.VIP) != 0) {
            throw s.gp0();
        }
        int mask = LOW_FLAGS & ~(Cr.IOPL | Cr.IF);
        Mode.setFlags(s, m, s.flags() & ~(mask | Cr.VIF | Cr.RF) | popped & mask | (wantsIf ? Cr.VIF : 0));
    }
}
