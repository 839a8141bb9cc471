package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Segment, gate and system descriptors as the 8 bytes that memory holds (SDM vol. 3, sections 3.4.5, 3.5 and 6.11). A
 * descriptor is a {@code long}, so nothing is allocated.
 */
final class Descriptor {
    static final int TSS16_AVAILABLE = 1;
    static final int LDT = 2;
    static final int TSS16_BUSY = 3;
    static final int CALL_GATE16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE16 = 6;
    static final int TRAP_GATE16 = 7;
    static final int TSS32_AVAILABLE = 9;
    static final int TSS32_BUSY = 11;
    static final int CALL_GATE32 = 12;
    static final int INTERRUPT_GATE32 = 14;
    static final int TRAP_GATE32 = 15;

    /** The bit of a TSS type that says busy. */
    static final int BUSY = 2;

    /** Selector bits 0 and 1: requested privilege level. */
    static final int RPL = 3;

    /** Selector bit 2: in the LDT. */
    static final int TI = 4;

    /** Error code bit 0: an event from outside the program was being delivered (SDM vol. 3, section 6.13). */
    static final int EXT = 1;

    /** Error code bit 1: the index is into the IDT. */
    static final int IDT = 2;

    private static final int TYPE_BYTE = 5;
    private static final long UPPER_TYPE_MASK = 0x1f00_0000_0000L;

    private Descriptor() {}

    static long base(long d) {
        return d >>> 16 & 0xff_ffff | d >>> 32 & 0xff00_0000L;
    }

    /** Limit in bytes, granularity applied. */
    static long limit(long d) {
        long l = d & 0xffff | d >>> 32 & 0xf_0000;
        return (d & 1L << 55) != 0 ? l << 12 | 0xfff : l;
    }

    /** As {@link Seg#attributes}. */
    static int attributes(long d) {
        return (int) (d >>> 40) & 0xf0ff;
    }

    /** The four type bits. */
    static int type(long d) {
        return (int) (d >>> 40) & Seg.TYPE;
    }

    static int dpl(long d) {
        return (int) (d >>> 45) & 3;
    }

    static boolean present(long d) {
        return (d & 1L << 47) != 0;
    }

    static boolean isSystem(long d) {
        return (d & 1L << 44) == 0;
    }

    static boolean isCode(long d) {
        return !isSystem(d) && (type(d) & Seg.TYPE_CODE) != 0;
    }

    static boolean isConforming(long d) {
        return (type(d) & Seg.TYPE_EC) != 0;
    }

    static boolean isWritableData(long d) {
        return !isSystem(d) && (type(d) & (Seg.TYPE_CODE | Seg.TYPE_RW)) == Seg.TYPE_RW;
    }

    /** Data, or code that may be read. */
    static boolean isReadable(long d) {
        return !isSystem(d) && (type(d) & (Seg.TYPE_CODE | Seg.TYPE_RW)) != Seg.TYPE_CODE;
    }

    static boolean isLong(long d) {
        return (d & 1L << 53) != 0;
    }

    static boolean isDefault32(long d) {
        return (d & 1L << 54) != 0;
    }

    /** Selector that a gate points to. */
    static int gateSelector(long d) {
        return (int) (d >>> 16) & 0xffff;
    }

    /** Offset in a 16-bit or 32-bit gate, low 32 bits of one in a 64-bit gate. */
    static long gateOffset(long d) {
        return d & 0xffff | d >>> 32 & 0xffff_0000L;
    }

    /** Parameters to copy through a call gate. */
    static int gateCount(long d) {
        return (int) (d >>> 32) & 0x1f;
    }

    /** Interrupt stack table index of a 64-bit gate. */
    static int gateIst(long d) {
        return (int) (d >>> 32) & 7;
    }

    static boolean isNull(int selector) {
        return (selector & ~RPL & 0xffff) == 0;
    }

    /** Whether {@code selector} and the {@code size} bytes it names lie within its table. */
    static boolean within(CpuState s, int selector, int size) {
        if ((selector & TI) != 0) {
            return s.ldtr.usable() && (selector & 0xfff8) + size - 1 <= s.ldtr.limit;
        }
        return (selector & 0xfff8) + size - 1 <= s.gdtLimit;
    }

    /** Linear address of the descriptor that {@code selector} names. */
    static long address(CpuState s, int selector) {
        long table = (selector & TI) != 0 ? s.ldtr.base() : s.gdtBase;
        long a = table + (selector & 0xfff8);
        return s.longMode() ? a : a & 0xffff_ffffL;
    }

    /** Reads the 8 bytes, the caller having called {@link #within}. */
    static long read(CpuState s, Mmu m, int selector) {
        return m.loadSystem(address(s, selector), 8);
    }

    /**
     * Reads the 8 bytes; beyond the table it is exception {@code vector} with the selector as error code.
     *
     * @param ext {@link #EXT} or 0, for the error code
     */
    static long fetch(CpuState s, Mmu m, int selector, int vector, int ext) {
        if (!within(s, selector, 8)) {
            throw fault(s, vector, selector, ext);
        }
        return read(s, m, selector);
    }

    /**
     * The upper half of the base of a 16-byte descriptor, or of a gate's offset (SDM vol. 3, section 7.2.3): #GP when the
     * table ends first or the type field of the upper half is not zero.
     */
    static long fetchUpper(CpuState s, Mmu m, int selector) {
        if (!within(s, selector, 16)) {
            throw fault(s, Vector.GP, selector, 0);
        }
        long upper = m.loadSystem(address(s, selector) + 8, 8);
        if ((upper & UPPER_TYPE_MASK) != 0) {
            throw fault(s, Vector.GP, selector, 0);
        }
        return upper << 32;
    }

    /** The fault {@code vector} with {@code selector} as its error code. */
    static CpuFault fault(CpuState s, int vector, int selector, int ext) {
        return s.raise(vector, selector & 0xfffc | ext);
    }

    /** Sets the accessed bit in memory when it is clear. */
    static void markAccessed(CpuState s, Mmu m, int selector, long d) {
        if ((type(d) & Seg.TYPE_ACCESSED) == 0) {
            m.storeSystem(address(s, selector) + TYPE_BYTE, 1, d >>> 40 & 0xff | Seg.TYPE_ACCESSED);
        }
    }

    /** Sets or clears the busy bit of a TSS descriptor in memory. */
    static void setBusy(CpuState s, Mmu m, int selector, boolean busy) {
        long a = address(s, selector) + TYPE_BYTE;
        long old = m.loadSystem(a, 1);
        m.storeSystem(a, 1, busy ? old | BUSY : old & ~BUSY);
    }

    /** Loads a segment register from a descriptor, the accessed bit set. */
    static void load(Seg seg, int selector, long d) {
        seg.set(selector & 0xffff, base(d), limit(d), attributes(d) | Seg.TYPE_ACCESSED);
    }

    /** Loads a null selector: nothing can be reached through it. */
    static void loadNull(Seg seg, int selector) {
        seg.set(selector & 0xffff, 0, 0, Seg.UNUSABLE);
    }
}
