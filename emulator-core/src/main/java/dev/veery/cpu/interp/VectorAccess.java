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

    /** XCR0: SSE and AVX. */
    private static final long XCR0_VECTORS = 6;

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

    /**
     * #UD or #NM before an instruction on vectors with VEX (SDM vol. 2, table 2-14). DEVIATION: CR0.EM and CR4.OSFXSR count
     * for these too; no system that enables AVX sets the one or clears the other.
     */
    static void avx(CpuState s) {
        if ((s.mode & CpuState.MODE_AVX) == 0) {
            throw avxFault(s);
        }
    }

    private static CpuFault avxFault(CpuState s) {
        boolean invalid = (s.cr4 & Cr.CR4_OSXSAVE) == 0 || (s.xcr0 & XCR0_VECTORS) != XCR0_VECTORS;
        return invalid ? s.ud() : sseFault(s);
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

    /** Loads 32 bytes, as {@link #load16}. */
    static void load32(Mmu m, long linear, long to) {
        long host = m.hostForRead(linear, 32);
        if (host != 0) {
            for (int at = 0; at < 32; at += 8) {
                OffHeap.putLong(to + at, OffHeap.getLongAcquire(host + at));
            }
        } else {
            m.loadBytes(linear, to, 32);
        }
    }

    /** Stores 32 bytes, as {@link #store16}. */
    static void store32(Mmu m, long linear, long from) {
        long host = m.hostForWrite(linear, 32);
        if (host != 0) {
            for (int at = 0; at < 32; at += 8) {
                OffHeap.putLongRelease(host + at, OffHeap.getLong(from + at));
            }
        } else {
            m.storeBytes(linear, from, 32);
        }
    }

    /** Loads 4 or 8 bytes to host address {@code to} that need not be aligned even where alignment is checked. */
    static void loadUnchecked(CpuState s, Mmu m, long linear, long to, int size) {
        if ((s.rflags & Cr.AC) == 0) {
            m.loadBytes(linear, to, size);
            return;
        }
        for (int i = 0; i < size; i++) {
            OffHeap.putByte(to + i, m.load8(linear + i));
        }
    }

    /** Raises what {@link #storeUnchecked} would raise. */
    static void probeUnchecked(CpuState s, Mmu m, long linear, int size) {
        if ((s.rflags & Cr.AC) == 0) {
            m.probeWrite(linear, size);
        } else {
            m.probeWrite(linear, 1);
            long last = linear + size - 1;
            if ((last ^ linear) >>> 12 != 0) {
                m.probeWrite(last & -4096, 1);
            }
        }
    }

    /** Stores 4 or 8 bytes from host address {@code from}, as {@link #loadUnchecked}: all or none. */
    static void storeUnchecked(CpuState s, Mmu m, long linear, long from, int size) {
        if ((s.rflags & Cr.AC) == 0) {
            m.storeBytes(linear, from, size);
            return;
        }
        probeUnchecked(s, m, linear, size);
        for (int i = 0; i < size; i++) {
            m.store8(linear + i, OffHeap.getByte(from + i) & 0xff);
        }
    }

    /** Loads 1, 2, 4, 8, 16 or 32 bytes to host address {@code to}. */
    static void load(Mmu m, long linear, long to, int size) {
        switch (size) {
            case 1:
                OffHeap.putByte(to, m.load8(linear));
                break;
            case 32:
                load32(m, linear, to);
                break;
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
