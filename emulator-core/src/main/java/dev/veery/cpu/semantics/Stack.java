package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Frames on stacks that are current or about to become so. A frame is proved to be writable before anything is written,
 * so that a fault leaves the processor as it was.
 */
final class Stack {
    private static final long LOW = 0xffff_ffffL;

    private Stack() {}

    /** A linear address outside 64-bit code is 32 bits wide. */
    static long wrap(CpuState s, long linear) {
        return s.code64() ? linear : linear & LOW;
    }

    /** Width of the stack pointer for a stack segment outside 64-bit code. */
    static long mask(int attributes) {
        return (attributes & Seg.DB) != 0 ? LOW : 0xffff;
    }

    /** Linear address of {@code size} bytes at {@code offset} in a stack segment; #SS with {@code error} outside its limits. */
    static long slot(CpuState s, long base, long limit, int attributes, long offset, int size, int error) {
        boolean inside;
        if ((attributes & (Seg.TYPE_CODE | Seg.TYPE_EC)) == Seg.TYPE_EC) {
            inside = offset > limit && offset + size - 1 <= mask(attributes);
        } else {
            inside = offset + size - 1 <= limit;
        }
        if (!inside) {
            throw s.raise(Vector.SS, error);
        }
        return base + offset & LOW;
    }

    /**
     * Proves that {@code count} slots below {@code sp} can be written by privilege level {@code cpl}, which is left in
     * force on success and undone when a fault is thrown.
     *
     * @param mask width of the stack pointer
     * @param error error code of the #SS for a stack that is too small
     */
    static void probe(
            CpuState s,
            Mmu m,
            int cpl,
            long base,
            long limit,
            int attributes,
            long mask,
            long sp,
            int size,
            int count,
            int error) {
        int oldCpl = s.cpl;
        try {
            Mode.setCpl(s, m, cpl);
            for (int i = 1; i <= count; i++) {
                long offset = sp - (long) i * size & mask;
                m.probeWrite(slot(s, base, limit, attributes, offset, size, error), size);
            }
        } catch (CpuFault f) {
            Mode.setCpl(s, m, oldCpl);
            throw f;
        }
    }

    /** As {@link #probe} for 64-bit mode, where only canonical form limits the stack. */
    static void probe64(CpuState s, Mmu m, int cpl, long sp, int bytes, int error) {
        if (!Checks.canonical(sp - bytes) || !Checks.canonical(sp - 1)) {
            throw s.raise(Vector.SS, error);
        }
        int oldCpl = s.cpl;
        try {
            Mode.setCpl(s, m, cpl);
            m.probeWrite(sp - bytes, bytes);
        } catch (CpuFault f) {
            Mode.setCpl(s, m, oldCpl);
            throw f;
        }
    }

    /** Writes one slot that was probed. */
    static void store(Mmu m, long linear, int size, long value) {
        if (size == 2) {
            m.store16(linear, value);
        } else if (size == 4) {
            m.store32(linear, value);
        } else {
            m.store64(linear, value);
        }
    }

    /** Writes slot {@code i}, counted from 1, below {@code sp}. */
    static void put(Mmu m, long base, long mask, long sp, int size, int i, long value) {
        store(m, base + (sp - (long) i * size & mask) & LOW, size, value);
    }

    /** Sets the stack pointer, keeping the bits above {@code mask}; a 32-bit one clears the upper half. */
    static void setPointer(CpuState s, long mask, long value) {
        if (mask == 0xffff) {
            s.setGpr(CpuState.RSP, s.gpr(CpuState.RSP) & ~0xffffL | value & 0xffff);
        } else {
            s.setGpr(CpuState.RSP, value & mask);
        }
    }

    /** Proves room on the current stack, at the current level. */
    static void probeCurrent(CpuState s, Mmu m, int size, int count) {
        long sp = s.gpr(CpuState.RSP);
        if (s.code64()) {
            probe64(s, m, s.cpl, sp, size * count, 0);
        } else {
            Seg ss = s.seg[Seg.SS];
            requireUsable(s, ss);
            probe(s, m, s.cpl, ss.base(), ss.limit, ss.attributes, s.stackMask(), sp, size, count, 0);
        }
    }

    /** Writes slot {@code i}, counted from 1, below the current stack pointer. */
    static void putCurrent(CpuState s, Mmu m, int size, int i, long value) {
        long sp = s.gpr(CpuState.RSP);
        if (s.code64()) {
            store(m, sp - (long) i * size, size, value);
        } else {
            put(m, s.seg[Seg.SS].base(), s.stackMask(), sp, size, i, value);
        }
    }

    /** Moves the current stack pointer. */
    static void adjust(CpuState s, long bytes) {
        setPointer(s, s.stackMask(), s.gpr(CpuState.RSP) + bytes);
    }

    /** Reads {@code size} bytes {@code offset} bytes above the current stack pointer. */
    static long peek(CpuState s, Mmu m, long offset, int size) {
        long at = m.linear(Seg.SS, s.gpr(CpuState.RSP) + offset & s.stackMask(), size, false);
        if (size == 2) {
            return m.load16(at);
        }
        if (size == 4) {
            return m.load32(at);
        }
        if (!Checks.canonical(at)) {
            throw s.raise(Vector.SS, 0);
        }
        return m.load64(at);
    }

    private static void requireUsable(CpuState s, Seg ss) {
        if (s.protectedMode() && !ss.usable()) {
            throw s.raise(Vector.SS, 0);
        }
    }
}
