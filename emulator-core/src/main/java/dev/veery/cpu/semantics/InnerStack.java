package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/** The stack of a more privileged level, from the task-state segment (SDM vol. 3, sections 5.8.5 and 8.7). */
final class InnerStack {
    private static final int SELECTOR_SHIFT = 32;

    /** Offset of RSP0 in a 64-bit TSS; RSP1 and RSP2 follow. */
    private static final int RSP0 = 4;

    /** Offset of IST1 in a 64-bit TSS, minus 8. */
    private static final int IST0 = 0x1c;

    private InnerStack() {}

    /** Whether the current TSS is of the 16-bit kind. */
    static boolean isTss16(CpuState s) {
        return (s.tr.attributes & Seg.TYPE_CODE) == 0;
    }

    /**
     * Stack pointer (low 32 bits) and selector (above) for level {@code cpl} outside long mode.
     *
     * @param ext {@link Descriptor#EXT} or 0
     */
    static long fromTss(CpuState s, Mmu m, int cpl, int ext) {
        int pointerSize = isTss16(s) ? 2 : 4;
        int at = pointerSize + 2 * pointerSize * cpl;
        if (!s.tr.usable() || at + pointerSize + 1 > s.tr.limit) {
            throw Descriptor.fault(s, Vector.TS, s.tr.selector, ext);
        }
        long pointer = m.loadSystem(s.tr.base() + at, pointerSize);
        return m.loadSystem(s.tr.base() + at + pointerSize, 2) << SELECTOR_SHIFT | pointer;
    }

    /** The selector in what {@link #fromTss} returned. */
    static int selector(long stack) {
        return (int) (stack >>> SELECTOR_SHIFT);
    }

    /** The pointer in what {@link #fromTss} returned. */
    static long pointer(long stack) {
        return stack & 0xffff_ffffL;
    }

    /** The descriptor of an inner stack, checked, its accessed bit set. */
    static long descriptor(CpuState s, Mmu m, int selector, int cpl, int ext) {
        if (Descriptor.isNull(selector)) {
            throw Descriptor.fault(s, Vector.TS, selector, ext);
        }
        long d = Descriptor.fetch(s, m, selector, Vector.TS, ext);
        if ((selector & Descriptor.RPL) != cpl || Descriptor.dpl(d) != cpl || !Descriptor.isWritableData(d)) {
            throw Descriptor.fault(s, Vector.TS, selector, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.SS, selector, ext);
        }
        Descriptor.markAccessed(s, m, selector, d);
        return d;
    }

    /**
     * The stack pointer that a 64-bit TSS holds.
     *
     * @param ist 1 to 7 for an entry of the interrupt stack table, 0 for the stack of level {@code cpl}
     */
    static long fromTss64(CpuState s, Mmu m, int cpl, int ist, int ext) {
        int at = ist != 0 ? IST0 + 8 * ist : RSP0 + 8 * cpl;
        if (!s.tr.usable() || at + 7 > s.tr.limit) {
            throw Descriptor.fault(s, Vector.TS, s.tr.selector, ext);
        }
        return m.loadSystem(s.tr.base() + at, 8);
    }
}
