package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Flags;
import dev.veery.memory.access.OffHeap;

/** An op whose operand is what ModRM.rm names, register or memory, of 1, 2, 4 or 8 bytes. For instructions that are not hot. */
abstract class RmOp extends MemOp {
    final boolean isReg;
    final int rm;
    final int size;
    private final boolean locked;
    private final CpuEnv env;

    RmOp(BlockContext b, Insn i, int size) {
        this(b, i, size, i.lock);
    }

    /**
     * Makes one.
     *
     * @param locked whether {@link #readModifyWrite} of memory is atomic
     */
    RmOp(BlockContext b, Insn i, int size, boolean locked) {
        super(b, i);
        env = b.env();
        this.locked = locked;
        isReg = i.isReg();
        rm = isReg ? Regs.offset(i, i.rm, size) : 0;
        this.size = size;
    }

    /** The operand, zero-extended. */
    final long read(CpuState s, Mmu m) {
        return isReg ? Regs.read(s, rm, size) : Regs.load(m, ea(s, m, size, false), size);
    }

    /** Replaces the operand. */
    final void write(CpuState s, Mmu m, long value) {
        if (isReg) {
            Regs.write(s, rm, size, value);
        } else {
            Regs.store(m, ea(s, m, size, true), size, value);
        }
    }

    /** The new value of a read-modify-write. Sets flags; must not fault. */
    long modify(CpuState s, long value) {
        throw new AssertionError(getClass());
    }

    /** Whether {@link #modify} depends on a flag that it changes. */
    boolean usesCarry() {
        return false;
    }

    /** Reads, {@link #modify modifies} and writes; a fault comes before any flag changes. */
    final void readModifyWrite(CpuState s, Mmu m) {
        if (isReg) {
            Regs.write(s, rm, size, modify(s, Regs.read(s, rm, size)));
        } else {
            modifyMemory(s, m, ea(s, m, size, true));
        }
    }

    /** {@link #readModifyWrite} of memory at linear address {@code a}, in one step for others if {@link #locked}. */
    final void modifyMemory(CpuState s, Mmu m, long a) {
        long host = m.hostForWrite(a, size);
        if (locked) {
            if (host != 0 && Locked.possible(host, size)) {
                exchange(s, host);
            } else {
                modifyLockedSlow(s, m, a);
            }
        } else if (host != 0) {
            OffHeap.putRelease(host, size, modify(s, OffHeap.getAcquire(host, size)));
        } else {
            Regs.store(m, a, size, modify(s, Regs.load(m, a, size)));
        }
    }

    private void exchange(CpuState s, long host) {
        int flags = usesCarry() ? s.flags() : 0;
        long old = OffHeap.getAcquire(host, size);
        while (!Locked.compareAndSet(host, size, old, modify(s, old))) {
            old = OffHeap.getAcquire(host, size);
            if (usesCarry()) {
                Flags.setArithmetic(s, flags & Cr.ARITH);
            }
        }
    }

    private void modifyLockedSlow(CpuState s, Mmu m, long a) {
        long host = m.hostForTracked(a, size);
        if (host != 0 && Locked.possible(host, size)) {
            exchange(s, host);
            m.noteTracked(size);
            return;
        }
        // A device, or bytes in two pages.
        env.beginExclusive();
        try {
            m.probeWrite(a, size);
            Regs.store(m, a, size, modify(s, Regs.load(m, a, size)));
        } finally {
            env.endExclusive();
        }
    }
}
