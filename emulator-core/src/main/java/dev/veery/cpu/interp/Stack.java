package dev.veery.cpu.interp;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/** Pushing and popping in any mode. */
final class Stack {
    private Stack() {}

    /** Linear address of {@code size} bytes at stack offset {@code sp}. */
    static long linear(CpuState s, Mmu m, long sp, int size, boolean write) {
        if ((s.mode & CpuState.MODE_FLAT) != 0) {
            return sp;
        }
        return m.linear(Seg.SS, sp, size, write);
    }

    /** Writes as much of RSP as the stack's width covers. */
    static void setSp(CpuState s, long sp, long mask) {
        if (mask == 0xffffL) {
            OffHeap.putShort(s.base + Regs.RSP, (int) sp);
        } else {
            OffHeap.putLong(s.base + Regs.RSP, sp & mask);
        }
    }

    /** #SS(0) for a stack address that is not canonical, where the op's other memory operand decides what a fault is. */
    static void checkCanonical(CpuState s, long linear, int size) {
        long last = linear + size - 1;
        if (s.code64() && (linear << 16 >> 16 != linear || last << 16 >> 16 != last)) {
            throw s.raise(Vector.SS, 0);
        }
    }

    static void push(CpuState s, Mmu m, int size, long value) {
        long mask = s.stackMask();
        long sp = OffHeap.getLong(s.base + Regs.RSP) - size & mask;
        Regs.store(m, linear(s, m, sp, size, true), size, value);
        setSp(s, sp, mask);
    }

    /** The value on top, which stays there. */
    static long peek(CpuState s, Mmu m, int size) {
        long sp = OffHeap.getLong(s.base + Regs.RSP) & s.stackMask();
        return Regs.load(m, linear(s, m, sp, size, false), size);
    }

    /** Moves the stack pointer up. */
    static void release(CpuState s, long bytes) {
        long mask = s.stackMask();
        setSp(s, OffHeap.getLong(s.base + Regs.RSP) + bytes & mask, mask);
    }
}
