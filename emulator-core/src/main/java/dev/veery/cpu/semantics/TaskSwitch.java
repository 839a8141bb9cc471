package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Task switches (SDM vol. 3, section 8.3). Up to the commit point a fault belongs to the old task and nothing has changed
 * but the old TSS's image of registers. After it, faults are the new task's, with its CS and EIP; an instruction's switch
 * delivers those itself, so that to the engine the instruction has completed.
 */
final class TaskSwitch {
    /** What causes a switch. */
    static final int JUMP = 0;

    static final int CALL = 1;
    static final int IRET = 2;
    static final int INTERRUPT = 3;

    private static final int MIN_LIMIT_16 = 0x2b;
    private static final int MIN_LIMIT_32 = 0x67;

    /** Offsets in a 32-bit TSS (figure 8-2). */
    private static final int CR3_32 = 0x1c;

    private static final int EIP_32 = 0x20;
    private static final int EFLAGS_32 = 0x24;
    private static final int EAX_32 = 0x28;
    private static final int ES_32 = 0x48;
    private static final int LDT_32 = 0x60;
    private static final int TRAP_32 = 0x64;

    /** Offsets in a 16-bit TSS (figure 8-10). */
    private static final int IP_16 = 0x0e;

    private static final int FLAGS_16 = 0x10;
    private static final int AX_16 = 0x12;
    private static final int ES_16 = 0x22;
    private static final int LDT_16 = 0x2a;

    private static final int FLAGS_KNOWN =
            Cr.ARITH | Cr.TF | Cr.IF | Cr.DF | Cr.IOPL | Cr.NT | Cr.RF | Cr.VM | Cr.AC | Cr.VIF | Cr.VIP | Cr.ID;

    private TaskSwitch() {}

    /** JMP or CALL to a TSS, directly or through a task gate whose own checks are done. */
    static void toTask(CpuState s, Mmu m, CpuEnv e, int cause, int selector, long nextRip) {
        long d = available(s, m, selector, Vector.GP, 0);
        commit(s, m, e, cause, selector, d, s.flags(), nextRip, 0);
        finish(s, m, e);
    }

    /** IRET with NT set: back to the task that the current TSS links to. */
    static void returnToTask(CpuState s, Mmu m, CpuEnv e, long nextRip) {
        int link = (int) m.loadSystem(s.tr.base(), 2);
        if ((link & Descriptor.TI) != 0) {
            throw Descriptor.fault(s, Vector.TS, link, 0);
        }
        long d = Descriptor.fetch(s, m, link, Vector.TS, 0);
        if (!isTss(d) || (Descriptor.type(d) & Descriptor.BUSY) == 0) {
            throw Descriptor.fault(s, Vector.TS, link, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, link, 0);
        }
        commit(s, m, e, IRET, link, d, s.flags() & ~Cr.NT, nextRip, 0);
        finish(s, m, e);
    }

    private static void finish(CpuState s, Mmu m, CpuEnv e) {
        try {
            loadContext(s, m, 0);
            DebugOps.deliverPending(s, m, e);
        } catch (CpuFault f) {
            InterruptDelivery.deliverFault(s, m, e);
        }
    }

    /** The descriptor of a TSS that may be switched to. */
    static long available(CpuState s, Mmu m, int selector, int vector, int ext) {
        if ((selector & Descriptor.TI) != 0 || Descriptor.isNull(selector)) {
            throw Descriptor.fault(s, vector, selector, ext);
        }
        long d = Descriptor.fetch(s, m, selector, vector, ext);
        if (!isTss(d) || (Descriptor.type(d) & Descriptor.BUSY) != 0) {
            throw Descriptor.fault(s, vector, selector, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, selector, ext);
        }
        return d;
    }

    private static boolean isTss(long d) {
        int kind = Descriptor.type(d) & ~Descriptor.BUSY;
        return Descriptor.isSystem(d) && (kind == Descriptor.TSS16_AVAILABLE || kind == Descriptor.TSS32_AVAILABLE);
    }

    /**
     * Saves the old task, makes the new TSS current and loads its registers as they stand; {@link #loadContext} follows.
     *
     * @param flags what the old TSS receives as flags
     * @param rip what it receives as instruction pointer
     */
    static void commit(CpuState s, Mmu m, CpuEnv e, int cause, int selector, long d, int flags, long rip, int ext) {
        boolean new16 = Descriptor.type(d) < Descriptor.TSS32_AVAILABLE;
        long base = Descriptor.base(d);
        long limit = Descriptor.limit(d);
        if (limit < (new16 ? MIN_LIMIT_16 : MIN_LIMIT_32)) {
            throw Descriptor.fault(s, Vector.TS, selector, ext);
        }
        // Both ends of both segments are touched first, so that nothing below faults.
        int newSize = new16 ? MIN_LIMIT_16 + 1 : MIN_LIMIT_32 + 1;
        m.loadSystem(base + newSize - 1, 1);
        m.storeSystem(base, 2, m.loadSystem(base, 2));
        long newCr3 = new16 ? s.cr3 : m.loadSystem(base + CR3_32, 4);
        boolean loadsCr3 = !new16 && s.paging();
        if (loadsCr3 && (s.cr4 & Cr.CR4_PAE) != 0 && !m.pdptesValid(newCr3)) {
            throw s.gp0();
        }
        save(s, m, flags, rip);
        if (cause == JUMP || cause == IRET) {
            Descriptor.setBusy(s, m, s.tr.selector, false);
        }
        if (cause != IRET) {
            Descriptor.setBusy(s, m, selector, true);
        }
        boolean nested = cause == CALL || cause == INTERRUPT;
        if (nested) {
            m.storeSystem(base, 2, s.tr.selector);
        }
        s.tr.set(selector & 0xffff, base, limit, Descriptor.attributes(d) | Descriptor.BUSY);
        s.cr0 |= Cr.CR0_TS;
        loadRegisters(s, m, new16, nested);
        if (loadsCr3) {
            s.cr3 = newCr3;
            m.flushNonGlobal();
            e.codeTranslationChanged();
        }
        DebugOps.clearLocal(s, m);
        s.attention = true;
        Mode.changed(s, m);
    }

    private static void save(CpuState s, Mmu m, int flags, long rip) {
        long base = s.tr.base();
        boolean old16 = InnerStack.isTss16(s);
        int size = old16 ? 2 : 4;
        long at = base + (old16 ? AX_16 : EAX_32);
        long selectors = base + (old16 ? ES_16 : ES_32);
        m.storeSystem(base + (old16 ? IP_16 : EIP_32), size, rip);
        m.storeSystem(base + (old16 ? FLAGS_16 : EFLAGS_32), size, flags);
        for (int r = 0; r < 8; r++) {
            m.storeSystem(at + (long) r * size, size, s.gpr(r));
        }
        for (int g = 0; g < (old16 ? 4 : 6); g++) {
            m.storeSystem(selectors + (long) g * size, 2, s.seg[g].selector);
        }
    }

    /** Loads everything that needs no descriptor; segments get their selectors and are not usable yet. */
    private static void loadRegisters(CpuState s, Mmu m, boolean new16, boolean nested) {
        long base = s.tr.base();
        int size = new16 ? 2 : 4;
        long at = base + (new16 ? AX_16 : EAX_32);
        long selectors = base + (new16 ? ES_16 : ES_32);
        long upper = new16 ? 0xffff_0000L : 0;
        s.rip = m.loadSystem(base + (new16 ? IP_16 : EIP_32), size);
        int flags = (int) m.loadSystem(base + (new16 ? FLAGS_16 : EFLAGS_32), size) & FLAGS_KNOWN;
        for (int r = 0; r < 8; r++) {
            s.setGpr(r, upper | m.loadSystem(at + (long) r * size, size));
        }
        for (int g = 0; g < 6; g++) {
            boolean has = !new16 || g < 4;
            Descriptor.loadNull(s.seg[g], has ? (int) m.loadSystem(selectors + (long) g * size, 2) : 0);
        }
        Descriptor.loadNull(s.ldtr, (int) m.loadSystem(base + (new16 ? LDT_16 : LDT_32), 2));
        s.setFlags(DebugOps.usefulFlags(s, nested ? flags | Cr.NT : flags));
        // Until CS is loaded the level is what its selector says.
        s.cpl = (flags & Cr.VM) != 0 ? 3 : s.seg[Seg.CS].selector & Descriptor.RPL;
    }

    /** Loads LDTR and the segment registers of the new task, raising its faults (SDM vol. 3, table 8-1). */
    static void loadContext(CpuState s, Mmu m, int ext) {
        boolean trap = !InnerStack.isTss16(s) && (m.loadSystem(s.tr.base() + TRAP_32, 1) & 1) != 0;
        loadLdt(s, m, ext);
        if ((s.rflags & Cr.VM) != 0) {
            for (int g = 0; g < 6; g++) {
                SegmentLoad.loadReal(s, s.seg[g], s.seg[g].selector);
            }
        } else {
            loadCode(s, m, ext);
            loadStack(s, m, ext);
            loadData(s, m, Seg.DS, ext);
            loadData(s, m, Seg.ES, ext);
            loadData(s, m, Seg.FS, ext);
            loadData(s, m, Seg.GS, ext);
        }
        Mode.changed(s, m);
        if (s.rip > s.seg[Seg.CS].limit) {
            throw s.raise(Vector.GP, ext);
        }
        if (trap) {
            s.pendingDebug |= DebugOps.DR6_BT;
        }
    }

    private static void loadLdt(CpuState s, Mmu m, int ext) {
        int sel = s.ldtr.selector;
        if (Descriptor.isNull(sel)) {
            return;
        }
        if ((sel & Descriptor.TI) != 0) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        long d = Descriptor.fetch(s, m, sel, Vector.TS, ext);
        if (!Descriptor.isSystem(d) || Descriptor.type(d) != Descriptor.LDT || !Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        s.ldtr.set(sel, Descriptor.base(d), Descriptor.limit(d), Descriptor.attributes(d));
    }

    private static void loadCode(CpuState s, Mmu m, int ext) {
        int sel = s.seg[Seg.CS].selector;
        if (Descriptor.isNull(sel)) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        long d = Descriptor.fetch(s, m, sel, Vector.TS, ext);
        int rpl = sel & Descriptor.RPL;
        boolean allowed = Descriptor.isConforming(d) ? Descriptor.dpl(d) <= rpl : Descriptor.dpl(d) == rpl;
        if (!Descriptor.isCode(d) || !allowed) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, ext);
        }
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(s.seg[Seg.CS], sel, d);
    }

    private static void loadStack(CpuState s, Mmu m, int ext) {
        int sel = s.seg[Seg.SS].selector;
        if (Descriptor.isNull(sel)) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        long d = Descriptor.fetch(s, m, sel, Vector.TS, ext);
        if (!Descriptor.isWritableData(d) || Descriptor.dpl(d) != s.cpl || (sel & Descriptor.RPL) != s.cpl) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.SS, sel, ext);
        }
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(s.seg[Seg.SS], sel, d);
    }

    private static void loadData(CpuState s, Mmu m, int seg, int ext) {
        int sel = s.seg[seg].selector;
        if (Descriptor.isNull(sel)) {
            return;
        }
        long d = Descriptor.fetch(s, m, sel, Vector.TS, ext);
        if (!Descriptor.isReadable(d) || !SegmentLoad.reachable(d, sel, s.cpl)) {
            throw Descriptor.fault(s, Vector.TS, sel, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, ext);
        }
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(s.seg[seg], sel, d);
    }
}
