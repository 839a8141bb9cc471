package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/**
 * FXSAVE, FXRSTOR, the XSAVE family for x87, SSE and AVX, and MXCSR (SDM vol. 1, sections 10.5 and 13.7 to 13.9). Images are
 * put together in {@link CpuState#IMAGE}: whatever faults does so before guest memory or registers change.
 */
public final class FpuSave {
    /** The components that XCR0 may always have. */
    public static final int XCR0_LEGACY = FpuState.X87 | FpuState.SSE;

    private static final int LEGACY = 512;
    private static final int HEADER = 64;
    private static final int CHUNK = 64;

    /** XCOMP_BV: the image is compacted. */
    private static final long COMPACTED = 1L << 63;

    private FpuSave() {}

    private static void checkFx(CpuState s, long ea) {
        if ((s.cr0 & (Cr.CR0_EM | Cr.CR0_TS)) != 0) {
            throw s.raise(Vector.NM, 0);
        }
        align(s, ea, 15);
    }

    private static void align(CpuState s, long ea, long mask) {
        if ((ea & mask) != 0) {
            throw s.gp0();
        }
    }

    private static void load(CpuState s, Mmu m, long ea, int size) {
        long t = s.base + CpuState.IMAGE;
        for (int i = 0; i < size; i += CHUNK) {
            m.loadBytes(ea + i, t + i, CHUNK);
        }
    }

    /** FXSAVE, and FXSAVE64 when {@code wide}. */
    public static void fxsave(CpuState s, Mmu m, long ea, boolean wide) {
        checkFx(s, ea);
        long t = s.base + CpuState.IMAGE;
        FpuState.saveX87(s, t, wide);
        FpuState.saveMxcsr(s, t);
        FpuState.saveXmm(s, t);
        // All of the area must be writable, whatever part of it is written.
        m.probeWrite(ea, LEGACY);
        m.storeBytes(ea, t, s.code64() ? FpuState.SIZE64 : FpuState.SIZE32);
    }

    /** FXRSTOR, and FXRSTOR64 when {@code wide}. */
    public static void fxrstor(CpuState s, Mmu m, long ea, boolean wide) {
        checkFx(s, ea);
        load(s, m, ea, LEGACY);
        long t = s.base + CpuState.IMAGE;
        int mxcsr = checkedMxcsr(s, OffHeap.getInt(t + FpuState.MXCSR_OFFSET));
        FpuState.restoreX87(s, t, wide);
        FpuState.restoreXmm(s, t);
        s.setField(CpuState.MXCSR, mxcsr);
        s.updateMode();
    }

    private static int checkedMxcsr(CpuState s, int mxcsr) {
        if ((mxcsr & ~FpuState.MXCSR_MASK) != 0) {
            throw s.gp0();
        }
        return mxcsr;
    }

    private static void checkSse(CpuState s) {
        if ((s.cr0 & Cr.CR0_EM) != 0 || (s.cr4 & Cr.CR4_OSFXSR) == 0) {
            throw s.ud();
        }
        if ((s.cr0 & Cr.CR0_TS) != 0) {
            throw s.raise(Vector.NM, 0);
        }
    }

    /** LDMXCSR. */
    public static void ldmxcsr(CpuState s, Mmu m, long ea) {
        checkSse(s);
        s.setField(CpuState.MXCSR, checkedMxcsr(s, (int) m.load32(ea)));
        s.updateMode();
    }

    /** STMXCSR. */
    public static void stmxcsr(CpuState s, Mmu m, long ea) {
        checkSse(s);
        m.store32(ea, s.field(CpuState.MXCSR));
    }

    private static void checkX(CpuState s, long ea) {
        checkOsxsave(s);
        if ((s.cr0 & Cr.CR0_TS) != 0) {
            throw s.raise(Vector.NM, 0);
        }
        align(s, ea, HEADER - 1);
    }

    private static void checkOsxsave(CpuState s) {
        if ((s.cr4 & Cr.CR4_OSXSAVE) == 0) {
            throw s.ud();
        }
    }

    /** EDX:EAX and XCR0: the components asked for. */
    private static int requested(CpuState s) {
        return (int) (s.gpr(CpuState.RAX) & s.xcr0);
    }

    /**
     * XSAVE, and XSAVEOPT when {@code optimise}: that leaves out components in their initial state. (It may also leave out
     * what has not changed since the last XRSTOR; that is not tracked, and software cannot rely on it.)
     */
    public static void xsave(CpuState s, Mmu m, long ea, boolean wide, boolean optimise) {
        checkX(s, ea);
        int asked = requested(s);
        int inUse = FpuState.inUse(s);
        int written = optimise ? asked & inUse : asked;
        long t = s.base + CpuState.IMAGE;
        m.probeWrite(ea, LEGACY + HEADER);
        long upper = ea + FpuState.AVX_OFFSET;
        if ((written & FpuState.AVX) != 0) {
            m.probeWrite(upper, FpuState.upperSize(s));
        }
        long bv = m.load64(ea + LEGACY);
        if ((written & FpuState.X87) != 0) {
            FpuState.saveX87(s, t, wide);
            m.storeBytes(ea, t, FpuState.MXCSR_OFFSET);
            m.storeBytes(ea + FpuState.ST_OFFSET, t + FpuState.ST_OFFSET, FpuState.XMM_OFFSET - FpuState.ST_OFFSET);
        }
        if ((asked & (FpuState.SSE | FpuState.AVX)) != 0) {
            FpuState.saveMxcsr(s, t);
            m.storeBytes(ea + FpuState.MXCSR_OFFSET, t + FpuState.MXCSR_OFFSET, 8);
        }
        if ((written & FpuState.SSE) != 0) {
            FpuState.saveXmm(s, t);
            int end = s.code64() ? FpuState.SIZE64 : FpuState.SIZE32;
            m.storeBytes(ea + FpuState.XMM_OFFSET, t + FpuState.XMM_OFFSET, end - FpuState.XMM_OFFSET);
        }
        if ((written & FpuState.AVX) != 0) {
            FpuState.saveUpper(s, t);
            m.storeBytes(upper, t, FpuState.upperSize(s));
        }
        m.store64(ea + LEGACY, bv & ~(long) asked | inUse & asked);
    }

    /** XSAVEC: the compacted form, without components in their initial state; a changed MXCSR makes SSE's one that is not. */
    public static void xsavec(CpuState s, Mmu m, long ea, boolean wide) {
        checkX(s, ea);
        int asked = requested(s);
        int changed = s.field(CpuState.MXCSR) != FpuState.MXCSR_INIT ? FpuState.SSE : 0;
        int written = asked & (FpuState.inUse(s) | changed);
        long t = s.base + CpuState.IMAGE;
        m.probeWrite(ea, LEGACY + HEADER);
        long upper = ea + FpuState.AVX_OFFSET;
        if ((written & FpuState.AVX) != 0) {
            m.probeWrite(upper, FpuState.upperSize(s));
        }
        if ((written & FpuState.X87) != 0) {
            FpuState.saveX87(s, t, wide);
            m.storeBytes(ea, t, FpuState.MXCSR_OFFSET);
            m.storeBytes(ea + FpuState.ST_OFFSET, t + FpuState.ST_OFFSET, FpuState.XMM_OFFSET - FpuState.ST_OFFSET);
        }
        if ((written & FpuState.SSE) != 0) {
            FpuState.saveMxcsr(s, t);
            FpuState.saveXmm(s, t);
            int end = s.code64() ? FpuState.SIZE64 : FpuState.SIZE32;
            m.storeBytes(ea + FpuState.MXCSR_OFFSET, t + FpuState.MXCSR_OFFSET, 8);
            m.storeBytes(ea + FpuState.XMM_OFFSET, t + FpuState.XMM_OFFSET, end - FpuState.XMM_OFFSET);
        }
        if ((written & FpuState.AVX) != 0) {
            FpuState.saveUpper(s, t);
            m.storeBytes(upper, t, FpuState.upperSize(s));
        }
        m.store64(ea + LEGACY, written);
        m.store64(ea + LEGACY + 8, COMPACTED | asked);
    }

    /** Whether the header of a compacted image is valid (section 13.8.2). */
    private static boolean validCompacted(CpuState s, long header, long bv) {
        long rest = 0;
        for (int i = 16; i < HEADER; i += 8) {
            rest |= OffHeap.getLong(header + i);
        }
        long components = OffHeap.getLong(header + 8) & ~COMPACTED;
        return rest == 0 && (components & ~s.xcr0) == 0 && (bv & ~components) == 0;
    }

    /**
     * XRSTOR.
     *
     * @param compaction whether there is a compacted form; without, its header is an invalid one
     */
    public static void xrstor(CpuState s, Mmu m, long ea, boolean wide, boolean compaction) {
        checkX(s, ea);
        load(s, m, ea, LEGACY + HEADER);
        long t = s.base + CpuState.IMAGE;
        long bv = OffHeap.getLong(t + LEGACY);
        boolean compacted = compaction && OffHeap.getLong(t + LEGACY + 8) < 0;
        if (compacted) {
            if (!validCompacted(s, t + LEGACY, bv)) {
                throw s.gp0();
            }
        } else if ((bv & ~s.xcr0) != 0 || (OffHeap.getLong(t + LEGACY + 8) | OffHeap.getLong(t + LEGACY + 16)) != 0) {
            throw s.gp0();
        }
        int asked = requested(s);
        boolean upper = (asked & bv & FpuState.AVX) != 0;
        if (upper) {
            // Whatever faults does so before a register changes; the staging area is needed for the rest first.
            touch(s, m, ea + FpuState.AVX_OFFSET, FpuState.upperSize(s));
        }
        if ((asked & (compacted ? FpuState.SSE : FpuState.SSE | FpuState.AVX)) != 0) {
            // In the standard form MXCSR is loaded whatever XSTATE_BV says.
            boolean loaded = !compacted || (bv & FpuState.SSE) != 0;
            int mxcsr = loaded ? checkedMxcsr(s, OffHeap.getInt(t + FpuState.MXCSR_OFFSET)) : FpuState.MXCSR_INIT;
            s.setField(CpuState.MXCSR, mxcsr);
            s.updateMode();
        }
        if ((asked & FpuState.SSE) != 0) {
            if ((bv & FpuState.SSE) != 0) {
                FpuState.restoreXmm(s, t);
            } else {
                FpuState.initXmm(s);
            }
        }
        if ((asked & FpuState.X87) != 0) {
            if ((bv & FpuState.X87) != 0) {
                FpuState.restoreX87(s, t, wide);
            } else {
                FpuState.initX87(s);
            }
        }
        if (upper) {
            load(s, m, ea + FpuState.AVX_OFFSET, FpuState.upperSize(s));
            FpuState.restoreUpper(s, t);
        } else if ((asked & FpuState.AVX) != 0) {
            FpuState.initUpper(s);
        }
    }

    /** Raises what a load of {@code size} bytes would raise. */
    private static void touch(CpuState s, Mmu m, long ea, int size) {
        for (int i = 0; i < size; i += CHUNK) {
            m.loadBytes(ea + i, s.base + CpuState.SCRATCH, CHUNK);
        }
    }

    /**
     * XGETBV: register 0 is XCR0.
     *
     * @param inUse whether there is register 1, which says what of XCR0 is not in its initial state
     */
    public static void xgetbv(CpuState s, boolean inUse) {
        checkOsxsave(s);
        int register = (int) s.gpr(CpuState.RCX);
        if (register != 0 && !(register == 1 && inUse)) {
            throw s.gp0();
        }
        long value = register == 0 ? s.xcr0 : s.xcr0 & FpuState.inUse(s);
        s.setGpr(CpuState.RAX, value & 0xffff_ffffL);
        s.setGpr(CpuState.RDX, value >>> 32);
    }

    /**
     * XSETBV: privileged; x87 cannot be left out, nor SSE where AVX is.
     *
     * @param supported the components there are
     */
    public static void xsetbv(CpuState s, int supported) {
        checkOsxsave(s);
        long value = s.gpr(CpuState.RDX) << 32 | s.gpr(CpuState.RAX) & 0xffff_ffffL;
        if (s.cpl != 0
                || (int) s.gpr(CpuState.RCX) != 0
                || (value & ~(long) supported) != 0
                || (value & (FpuState.SSE | FpuState.AVX)) == FpuState.AVX
                || (value & FpuState.X87) == 0) {
            throw s.gp0();
        }
        s.xcr0 = value;
        s.updateMode();
    }
}
