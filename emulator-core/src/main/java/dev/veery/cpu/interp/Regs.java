package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** General registers as operands: byte offsets into the register block. */
final class Regs {
    static final int RAX = CpuState.GPR;
    static final int RCX = CpuState.GPR + 8 * CpuState.RCX;
    static final int RDX = CpuState.GPR + 8 * CpuState.RDX;
    static final int RBX = CpuState.GPR + 8 * CpuState.RBX;
    static final int RSP = CpuState.GPR + 8 * CpuState.RSP;
    static final int RBP = CpuState.GPR + 8 * CpuState.RBP;
    static final int RSI = CpuState.GPR + 8 * CpuState.RSI;
    static final int RDI = CpuState.GPR + 8 * CpuState.RDI;

    private Regs() {}

    /** Offset of register {@code r} as an operand of {@code size} bytes: without REX, byte registers 4 to 7 are AH to BH. */
    static int offset(Insn i, int r, int size) {
        if (size == 1 && i.rex == 0 && r >= 4) {
            return CpuState.GPR + 8 * (r - 4) + 1;
        }
        return CpuState.GPR + 8 * r;
    }

    /** Zero-extended. */
    static long read(CpuState s, int offset, int size) {
        long a = s.base + offset;
        switch (size) {
            case 1:
                return OffHeap.getByte(a) & 0xffL;
            case 2:
                return OffHeap.getChar(a);
            case 4:
                return OffHeap.getInt(a) & 0xffff_ffffL;
            default:
                return OffHeap.getLong(a);
        }
    }

    /** Four bytes clear the upper half; one and two leave the rest alone. */
    static void write(CpuState s, int offset, int size, long value) {
        long a = s.base + offset;
        switch (size) {
            case 1:
                OffHeap.putByte(a, (int) value);
                break;
            case 2:
                OffHeap.putShort(a, (int) value);
                break;
            case 4:
                OffHeap.putLong(a, value & 0xffff_ffffL);
                break;
            default:
                OffHeap.putLong(a, value);
                break;
        }
    }

    static long get64(CpuState s, int offset) {
        return OffHeap.getLong(s.base + offset);
    }

    static void put64(CpuState s, int offset, long value) {
        OffHeap.putLong(s.base + offset, value);
    }

    static int get32(CpuState s, int offset) {
        return OffHeap.getInt(s.base + offset);
    }

    /** Clears the upper half. */
    static void put32(CpuState s, int offset, int value) {
        OffHeap.putLong(s.base + offset, value & 0xffff_ffffL);
    }

    /** A load of 1, 2, 4 or 8 bytes, zero-extended. */
    static long load(Mmu m, long linear, int size) {
        switch (size) {
            case 1:
                return m.load8(linear);
            case 2:
                return m.load16(linear);
            case 4:
                return m.load32(linear);
            default:
                return m.load64(linear);
        }
    }

    /** A store of 1, 2, 4 or 8 bytes. */
    static void store(Mmu m, long linear, int size, long value) {
        switch (size) {
            case 1:
                m.store8(linear, value);
                break;
            case 2:
                m.store16(linear, value);
                break;
            case 4:
                m.store32(linear, value);
                break;
            default:
                m.store64(linear, value);
                break;
        }
    }

    static long signExtend(long value, int size) {
        int shift = 64 - 8 * size;
        return value << shift >> shift;
    }
}
