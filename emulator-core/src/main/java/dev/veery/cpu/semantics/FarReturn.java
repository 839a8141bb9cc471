package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/** Far RET and IRET (SDM vol. 2, RET and IRET; vol. 3, sections 5.8.6, 7.3 and 21.2.2). Every method sets RIP. */
public final class FarReturn {
    private static final int FLAGS_ANY = Cr.ARITH | Cr.TF | Cr.DF | Cr.NT;
    private static final int FLAGS_32 = Cr.RF | Cr.AC | Cr.ID;
    private static final int FLAGS_VIRTUAL = Cr.VIF | Cr.VIP;

    /** IRET in real mode with a 32-bit operand: what is popped (SDM vol. 2, IRET). */
    private static final int FLAGS_REAL32 = 0x25_7fd5;

    private FarReturn() {}

    /**
     * Far RET.
     *
     * @param opSize operand size in bytes
     * @param popBytes parameters to release
     */
    public static void ret(CpuState s, Mmu m, int opSize, int popBytes) {
        long rip = Stack.peek(s, m, 0, opSize);
        int cs = (int) Stack.peek(s, m, opSize, opSize) & 0xffff;
        if (!s.protectedMode()) {
            enterReal(s, cs, rip);
            Stack.adjust(s, 2L * opSize + popBytes);
            return;
        }
        long d = fetchCode(s, m, cs);
        int cpl = cs & Descriptor.RPL;
        if (cpl == s.cpl) {
            FarTransfer.checkOffset(s, d, rip);
            Descriptor.markAccessed(s, m, cs, d);
            Stack.adjust(s, 2L * opSize + popBytes);
            FarTransfer.enterCode(s, m, cs, d, cpl, rip);
            return;
        }
        long sp = Stack.peek(s, m, 2L * opSize + popBytes, opSize);
        int ss = (int) Stack.peek(s, m, 3L * opSize + popBytes, opSize) & 0xffff;
        outer(s, m, cs, d, rip, ss, sp, popBytes);
    }

    /** The code that a return goes to: equally or less privileged. */
    private static long fetchCode(CpuState s, Mmu m, int cs) {
        if (Descriptor.isNull(cs)) {
            throw s.gp0();
        }
        long d = Descriptor.fetch(s, m, cs, Vector.GP, 0);
        int rpl = cs & Descriptor.RPL;
        boolean allowed = Descriptor.isConforming(d) ? Descriptor.dpl(d) <= rpl : Descriptor.dpl(d) == rpl;
        boolean bothSizes = s.longMode() && Descriptor.isLong(d) && Descriptor.isDefault32(d);
        if (!Descriptor.isCode(d) || rpl < s.cpl || !allowed || bothSizes) {
            throw Descriptor.fault(s, Vector.GP, cs, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, cs, 0);
        }
        return d;
    }

    /** Loads CS, RIP, SS and RSP, and clears data segments that the new level may not use. */
    private static void outer(CpuState s, Mmu m, int cs, long d, long rip, int ss, long sp, int popBytes) {
        int cpl = cs & Descriptor.RPL;
        boolean to64 = s.longMode() && Descriptor.isLong(d);
        long sd = 0;
        if (Descriptor.isNull(ss)) {
            // 64-bit code below level 3 may run with no stack segment.
            if (!to64 || cpl == 3 || (ss & Descriptor.RPL) != cpl) {
                throw s.gp0();
            }
        } else {
            sd = Descriptor.fetch(s, m, ss, Vector.GP, 0);
            if ((ss & Descriptor.RPL) != cpl || Descriptor.dpl(sd) != cpl || !Descriptor.isWritableData(sd)) {
                throw Descriptor.fault(s, Vector.GP, ss, 0);
            }
            if (!Descriptor.present(sd)) {
                throw Descriptor.fault(s, Vector.SS, ss, 0);
            }
        }
        FarTransfer.checkOffset(s, d, rip);
        Descriptor.markAccessed(s, m, cs, d);
        if (Descriptor.isNull(ss)) {
            Descriptor.loadNull(s.seg[Seg.SS], ss);
        } else {
            Descriptor.markAccessed(s, m, ss, sd);
            Descriptor.load(s.seg[Seg.SS], ss, sd);
        }
        boolean lower = cpl > s.cpl;
        FarTransfer.enterCode(s, m, cs, d, cpl, rip);
        Stack.setPointer(s, s.stackMask(), sp + popBytes);
        if (lower) {
            dropDataSegments(s, cpl);
            s.updateMode();
        }
    }

    /** A return to a less privileged level leaves no data segment that this level could not have loaded. */
    private static void dropDataSegments(CpuState s, int cpl) {
        dropSegment(s.seg[Seg.ES], cpl);
        dropSegment(s.seg[Seg.DS], cpl);
        dropSegment(s.seg[Seg.FS], cpl);
        dropSegment(s.seg[Seg.GS], cpl);
    }

    private static void dropSegment(Seg g, int cpl) {
        boolean conforming = (g.attributes & (Seg.TYPE_CODE | Seg.TYPE_EC)) == (Seg.TYPE_CODE | Seg.TYPE_EC);
        if (g.usable() && g.dpl() < cpl && !conforming) {
            // The base stays: in 64-bit mode a null FS or GS keeps what its MSR says.
            g.setSelector(0);
            g.attributes = Seg.UNUSABLE;
        }
    }

    /**
     * IRET. NMIs are unblocked even when it faults (SDM vol. 3, section 6.7.1).
     *
     * @param nextRip where the instruction behind this one is, which a return to another task saves
     */
    public static void iret(CpuState s, Mmu m, CpuEnv e, int opSize, long nextRip) {
        if (s.nmiBlocked) {
            s.nmiBlocked = false;
            s.attention = true;
        }
        if (!s.protectedMode()) {
            iretReal(s, m, opSize);
            return;
        }
        if ((s.rflags & Cr.NT) != 0) {
            if (s.longMode()) {
                throw s.gp0();
            }
            TaskSwitch.returnToTask(s, m, e, nextRip);
            return;
        }
        long rip = Stack.peek(s, m, 0, opSize);
        int cs = (int) Stack.peek(s, m, opSize, opSize) & 0xffff;
        int flags = (int) Stack.peek(s, m, 2L * opSize, opSize);
        if (opSize == 4 && (flags & Cr.VM) != 0 && s.cpl == 0 && !s.longMode()) {
            toVm86(s, m, rip, cs, flags);
            return;
        }
        long d = fetchCode(s, m, cs);
        int newFlags = mergeFlags(s, flags, opSize);
        if ((cs & Descriptor.RPL) > s.cpl || s.code64()) {
            long sp = Stack.peek(s, m, 3L * opSize, opSize);
            int ss = (int) Stack.peek(s, m, 4L * opSize, opSize) & 0xffff;
            outer(s, m, cs, d, rip, ss, sp, 0);
        } else {
            FarTransfer.checkOffset(s, d, rip);
            Descriptor.markAccessed(s, m, cs, d);
            Stack.adjust(s, 3L * opSize);
            FarTransfer.enterCode(s, m, cs, d, s.cpl, rip);
        }
        Mode.setFlags(s, m, newFlags);
    }

    /** The flags after IRET in protected mode, by what the level before it may change. */
    private static int mergeFlags(CpuState s, int popped, int opSize) {
        int mask = FLAGS_ANY;
        if (opSize > 2) {
            mask |= FLAGS_32;
        }
        if (s.cpl <= (s.rflags >> Cr.IOPL_SHIFT & 3)) {
            mask |= Cr.IF;
        }
        if (s.cpl == 0) {
            mask |= Cr.IOPL;
            if (opSize > 2) {
                mask |= FLAGS_VIRTUAL;
            }
        }
        return DebugOps.usefulFlags(s, s.flags() & ~mask | popped & mask);
    }

    private static void enterReal(CpuState s, int cs, long rip) {
        if (rip > s.seg[Seg.CS].limit) {
            throw s.gp0();
        }
        SegmentLoad.loadReal(s, s.seg[Seg.CS], cs);
        s.rip = rip;
        s.updateMode();
    }

    /** IRET in real and virtual-8086 mode. */
    private static void iretReal(CpuState s, Mmu m, int opSize) {
        int iopl = s.rflags >> Cr.IOPL_SHIFT & 3;
        boolean virtual = s.vm86() && iopl < 3;
        if (virtual && ((s.cr4 & Cr.CR4_VME) == 0 || opSize == 4)) {
            throw s.gp0();
        }
        long rip = Stack.peek(s, m, 0, opSize);
        int cs = (int) Stack.peek(s, m, opSize, opSize) & 0xffff;
        int popped = (int) Stack.peek(s, m, 2L * opSize, opSize);
        int flags;
        if (virtual) {
            // VME: the program's IF is VIF (SDM vol. 3, section 21.3.1).
            if ((popped & Cr.TF) != 0 || (popped & Cr.IF) != 0 && (s.rflags & Cr.VIP) != 0) {
                throw s.gp0();
            }
            int mask = 0xffff & ~(Cr.IOPL | Cr.IF);
            flags = s.flags() & ~(mask | Cr.VIF) | popped & mask | ((popped & Cr.IF) != 0 ? Cr.VIF : 0);
        } else {
            int mask = opSize == 4 ? FLAGS_REAL32 : 0x7fd5;
            if (s.vm86()) {
                mask &= ~Cr.IOPL;
            }
            flags = DebugOps.usefulFlags(s, s.flags() & ~mask | popped & mask);
        }
        enterReal(s, cs, rip);
        Stack.adjust(s, 3L * opSize);
        Mode.setFlags(s, m, flags);
    }

    /** IRET from level 0 to virtual-8086 mode (SDM vol. 3, section 21.2.2): nine doublewords are popped. */
    private static void toVm86(CpuState s, Mmu m, long rip, int cs, int flags) {
        long esp = Stack.peek(s, m, 12, 4);
        int ss = (int) Stack.peek(s, m, 16, 4) & 0xffff;
        int es = (int) Stack.peek(s, m, 20, 4) & 0xffff;
        int ds = (int) Stack.peek(s, m, 24, 4) & 0xffff;
        int fs = (int) Stack.peek(s, m, 28, 4) & 0xffff;
        int gs = (int) Stack.peek(s, m, 32, 4) & 0xffff;
        if (rip > 0xffff) {
            throw s.gp0();
        }
        int known = FLAGS_ANY | FLAGS_32 | FLAGS_VIRTUAL | Cr.IF | Cr.IOPL | Cr.VM;
        s.setFlags(DebugOps.usefulFlags(s, flags & known));
        s.cpl = 3;
        s.updateMode();
        SegmentLoad.loadReal(s, s.seg[Seg.CS], cs);
        SegmentLoad.loadReal(s, s.seg[Seg.SS], ss);
        SegmentLoad.loadReal(s, s.seg[Seg.ES], es);
        SegmentLoad.loadReal(s, s.seg[Seg.DS], ds);
        SegmentLoad.loadReal(s, s.seg[Seg.FS], fs);
        SegmentLoad.loadReal(s, s.seg[Seg.GS], gs);
        s.setGpr(CpuState.RSP, esp);
        s.rip = rip;
        s.attention = true;
        Mode.changed(s, m);
    }
}
