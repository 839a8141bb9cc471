package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;

/** An op whose operand is what ModRM.rm names, register or memory, of 1, 2, 4 or 8 bytes. For instructions that are not hot. */
abstract class RmOp extends MemOp {
    final boolean isReg;
    final int rm;
    final int size;

    RmOp(BlockContext b, Insn i, int size) {
        super(b, i);
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

    /** Reads, {@link #modify modifies} and writes; a fault comes before any flag changes. */
    final void readModifyWrite(CpuState s, Mmu m) {
        if (isReg) {
            Regs.write(s, rm, size, modify(s, Regs.read(s, rm, size)));
            return;
        }
        long a = ea(s, m, size, true);
        long host = m.hostForWrite(a, size);
        if (host != 0) {
            Regs.storeHost(host, size, modify(s, Regs.loadHost(host, size)));
        } else {
            Regs.store(m, a, size, modify(s, Regs.load(m, a, size)));
        }
    }
}
