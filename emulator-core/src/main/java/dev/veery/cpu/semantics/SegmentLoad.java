package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Loads of segment registers other than CS, and the instructions that ask about selectors (SDM vol. 2, MOV, LDS, LAR,
 * LSL, VERR; vol. 3, sections 5.6, 5.7 and 5.10).
 */
public final class SegmentLoad {
    /** Attributes of every segment in virtual-8086 mode: present, level 3, accessed writable data. */
    static final int VM86_ATTRIBUTES = Seg.P | 3 << Seg.DPL_SHIFT | Seg.S | Seg.TYPE_RW | Seg.TYPE_ACCESSED;

    private static final int REAL_ATTRIBUTES = Seg.P | Seg.S | Seg.TYPE_RW | Seg.TYPE_ACCESSED;

    /** Bits of the second doubleword that LAR returns. */
    private static final long LAR_MASK = 0x00ff_ff00L;

    private SegmentLoad() {}

    /**
     * MOV, POP or LDS and its like into ES, SS, DS, FS or GS. After MOV and POP of SS {@link #shadow} follows.
     *
     * @param seg register number of {@link Seg}, not CS
     */
    public static void load(CpuState s, Mmu m, int seg, int selector) {
        int sel = selector & 0xffff;
        if (!s.protectedMode()) {
            loadReal(s, s.seg[seg], sel);
        } else if (seg == Seg.SS) {
            loadStack(s, m, sel);
        } else {
            loadData(s, m, s.seg[seg], sel);
        }
        s.updateMode();
    }

    /**
     * A load in real or virtual-8086 mode. In real mode limit and size stay what protected mode left there, which is how
     * programs reach beyond 64 KiB (SDM vol. 3, section 10.9.1 leaves them alone).
     */
    static void loadReal(CpuState s, Seg seg, int selector) {
        if (s.vm86()) {
            seg.set(selector, (long) selector << 4, 0xffff, VM86_ATTRIBUTES);
        } else {
            int kept = seg.attributes & (Seg.G | Seg.DB | Seg.AVL);
            seg.set(selector, (long) selector << 4, seg.limit, kept | REAL_ATTRIBUTES);
        }
    }

    private static void loadStack(CpuState s, Mmu m, int sel) {
        if (Descriptor.isNull(sel)) {
            if (!s.code64() || s.cpl == 3 || (sel & Descriptor.RPL) != s.cpl) {
                throw s.gp0();
            }
            Descriptor.loadNull(s.seg[Seg.SS], sel);
            return;
        }
        long d = Descriptor.fetch(s, m, sel, Vector.GP, 0);
        if ((sel & Descriptor.RPL) != s.cpl || !Descriptor.isWritableData(d) || Descriptor.dpl(d) != s.cpl) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.SS, sel, 0);
        }
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(s.seg[Seg.SS], sel, d);
    }

    private static void loadData(CpuState s, Mmu m, Seg seg, int sel) {
        if (Descriptor.isNull(sel)) {
            Descriptor.loadNull(seg, sel);
            return;
        }
        long d = Descriptor.fetch(s, m, sel, Vector.GP, 0);
        if (!Descriptor.isReadable(d) || !reachable(d, sel, s.cpl)) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(seg, sel, d);
    }

    /** Whether level {@code cpl} may name {@code d} by {@code sel}: conforming code always, else DPL is the least privilege. */
    static boolean reachable(long d, int sel, int cpl) {
        if (Descriptor.isCode(d) && Descriptor.isConforming(d)) {
            return true;
        }
        return Descriptor.dpl(d) >= cpl && Descriptor.dpl(d) >= (sel & Descriptor.RPL);
    }

    /** After MOV or POP of SS: interrupts and debug traps wait for one instruction (SDM vol. 3, section 6.8.3). */
    public static void shadow(CpuState s) {
        s.interruptShadow = true;
        s.debugShadow = DebugOps.stepping(s);
        s.attention = true;
    }

    /** LLDT. */
    public static void lldt(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        Checks.requireCpl0(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel)) {
            Descriptor.loadNull(s.ldtr, sel);
            return;
        }
        long d = fetchSystem(s, m, sel);
        if (!Descriptor.isSystem(d) || Descriptor.type(d) != Descriptor.LDT) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
        s.ldtr.set(sel, systemBase(s, m, sel, d), Descriptor.limit(d), Descriptor.attributes(d));
    }

    /** LTR: the descriptor becomes busy. */
    public static void ltr(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        Checks.requireCpl0(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel)) {
            throw s.gp0();
        }
        long d = fetchSystem(s, m, sel);
        int type = Descriptor.type(d);
        boolean available = type == Descriptor.TSS32_AVAILABLE || !s.longMode() && type == Descriptor.TSS16_AVAILABLE;
        if (!Descriptor.isSystem(d) || !available) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
        long base = systemBase(s, m, sel, d);
        Descriptor.setBusy(s, m, sel, true);
        s.tr.set(sel, base, Descriptor.limit(d), Descriptor.attributes(d) | Descriptor.BUSY);
    }

    private static long fetchSystem(CpuState s, Mmu m, int sel) {
        if ((sel & Descriptor.TI) != 0) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        return Descriptor.fetch(s, m, sel, Vector.GP, 0);
    }

    private static long systemBase(CpuState s, Mmu m, int sel, long d) {
        if (!s.longMode()) {
            return Descriptor.base(d);
        }
        long base = Descriptor.base(d) | Descriptor.fetchUpper(s, m, sel);
        if (!Checks.canonical(base)) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        return base;
    }

    /** LAR: the access rights as 32 bits, or -1 when the selector names nothing reachable, so that ZF becomes 0. */
    public static long lar(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel) || !Descriptor.within(s, sel, 8)) {
            return -1;
        }
        long d = Descriptor.read(s, m, sel);
        if (!reachable(d, sel, s.cpl) || Descriptor.isSystem(d) && !larKnows(s, Descriptor.type(d))) {
            return -1;
        }
        return d >>> 32 & LAR_MASK;
    }

    private static boolean larKnows(CpuState s, int type) {
        switch (type) {
            case Descriptor.CALL_GATE32:
                return true;
            case Descriptor.CALL_GATE16:
            case Descriptor.TASK_GATE:
                return !s.longMode();
            default:
                return lslKnows(s, type);
        }
    }

    /** LSL: the limit in bytes as 32 bits, or -1 when ZF becomes 0. */
    public static long lsl(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel) || !Descriptor.within(s, sel, 8)) {
            return -1;
        }
        long d = Descriptor.read(s, m, sel);
        if (!reachable(d, sel, s.cpl) || Descriptor.isSystem(d) && !lslKnows(s, Descriptor.type(d))) {
            return -1;
        }
        return Descriptor.limit(d);
    }

    private static boolean lslKnows(CpuState s, int type) {
        switch (type) {
            case Descriptor.LDT:
            case Descriptor.TSS32_AVAILABLE:
            case Descriptor.TSS32_BUSY:
                return true;
            case Descriptor.TSS16_AVAILABLE:
            case Descriptor.TSS16_BUSY:
                return !s.longMode();
            default:
                return false;
        }
    }

    /** VERR: what ZF becomes. */
    public static boolean verr(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel) || !Descriptor.within(s, sel, 8)) {
            return false;
        }
        long d = Descriptor.read(s, m, sel);
        return Descriptor.isReadable(d) && reachable(d, sel, s.cpl);
    }

    /** VERW: what ZF becomes. */
    public static boolean verw(CpuState s, Mmu m, int selector) {
        Checks.requireProtected(s);
        int sel = selector & 0xffff;
        if (Descriptor.isNull(sel) || !Descriptor.within(s, sel, 8)) {
            return false;
        }
        long d = Descriptor.read(s, m, sel);
        return Descriptor.isWritableData(d) && reachable(d, sel, s.cpl);
    }

    /** ARPL: the destination with its RPL raised to the source's; ZF is whether it changed. #UD outside protected mode. */
    public static int arpl(CpuState s, int destination, int source) {
        Checks.requireProtected(s);
        int wanted = source & Descriptor.RPL;
        return (destination & Descriptor.RPL) < wanted ? destination & ~Descriptor.RPL | wanted : destination;
    }
}
