package dev.veery.cpu.interp;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.FpuState;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/**
 * What every MMX and SSE instruction does around its operation: the checks before it (SDM vol. 3, section 13.1 and table
 * 2-2), and access to memory operands of up to 16 bytes.
 */
final class VectorAccess {
    private static final long EM_TS = Cr.CR0_EM | Cr.CR0_TS;

    private VectorAccess() {}

    /** #UD or #NM before an instruction on XMM registers. */
    static void sse(CpuState s) {
        if ((s.cr0 & EM_TS) != 0 || (s.cr4 & Cr.CR4_OSFXSR) == 0) {
            throw sseFault(s);
        }
    }

    private static CpuFault sseFault(CpuState s) {
        boolean invalid = (s.cr0 & Cr.CR0_EM) != 0 || (s.cr4 & Cr.CR4_OSFXSR) == 0;
        return s.raise(invalid ? Vector.UD : Vector.NM, 0);
    }

    /** As {@link #sse}, then a pending #MF: before an instruction on registers of both kinds. */
    static void sseAndMmx(CpuState s) {
        sse(s);
        FpuState.checkMmx(s);
    }

    /** Offset of XMM register {@code r}. */
    static int xmm(int r) {
        return CpuState.XMM + r * CpuState.XMM_STRIDE;
    }

    /** Offset of the MMX register that {@code r} names; REX has no say. */
    static int mm(int r) {
        return CpuState.FPR + (r & 7) * CpuState.FPR_STRIDE;
    }

    /** Offset of general register {@code r}. */
    static int gpr(int r) {
        return CpuState.GPR + 8 * r;
    }

    /** Writes the MMX register at block offset {@code dst}; sign and exponent become ones. */
    static void putMmx(CpuState s, int dst, long value) {
        OffHeap.putLong(s.base + dst, value);
        OffHeap.putLong(s.base + dst + 8, 0xffff);
    }

    /** Loads a 16-byte operand to host address {@code to}, which keeps its value on a fault. */
    static void load16(Mmu m, long linear, long to) {
        long host = m.hostForRead(linear, 16);
        if (host != 0) {
            OffHeap.putLong(to, OffHeap.getLongAcquire(host));
            OffHeap.putLong(to + 8, OffHeap.getLongAcquire(host + 8));
        } else {
            m.loadBytes(linear, to, 16);
        }
    }

    /** Stores 16 bytes from host address {@code from}: all or none. */
    static void store16(Mmu m, long linear, long from) {
        long host = m.hostForWrite(linear, 16);
        if (host != 0) {
            OffHeap.putLongRelease(host, OffHeap.getLong(from));
            OffHeap.putLongRelease(host + 8, OffHeap.getLong(from + 8));
        } else {
            m.storeBytes(linear, from, 16);
        }
    }

    /** Loads 2, 4, 8 or 16 bytes to host address {@code to}. */
    static void load(Mmu m, long linear, long to, int size) {
        switch (size) {
            case 2:
                OffHeap.putShort(to, m.load16(linear));
                break;
            case 4:
                OffHeap.putInt(to, (int) m.load32(linear));
                break;
            case 8:
                OffHeap.putLong(to, m.load64(linear));
                break;
            default:
                load16(m, linear, to);
                break;
        }
    }

    /** The environment for the next operation, as MXCSR has it, no exception raised yet. */
    static FloatEnv environment(CpuState s) {
        FloatEnv e = s.fenv;
        e.useMxcsr(s.field(CpuState.MXCSR));
        return e;
    }

    /** Records the exceptions of an operation whose result is not written yet; an unmasked one is thrown. */
    static void simdExceptions(CpuState s) {
        if (s.fenv.flags != 0) {
            recordSimdExceptions(s);
        }
    }

    private static void recordSimdExceptions(CpuState s) {
        FloatEnv e = s.fenv;
        s.setField(CpuState.MXCSR, s.field(CpuState.MXCSR) | e.simdFlags());
        if (e.unmasked()) {
            throw s.raise((s.cr4 & Cr.CR4_OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD, 0);
        }
    }
}
