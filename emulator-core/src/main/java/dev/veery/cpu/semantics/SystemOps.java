package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cpuid;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;

/** System instructions that are neither transfers of control nor loads of selectors or control registers. */
public final class SystemOps {
    private static final long LOW = 0xffff_ffffL;

    private SystemOps() {}

    /** CPUID: EAX, EBX, ECX, EDX, upper halves cleared. */
    public static void cpuid(CpuState s, CpuEnv e) {
        int[] out = new int[4];
        Cpuid.query(s, e, (int) s.gpr(CpuState.RAX), (int) s.gpr(CpuState.RCX), out);
        s.setGpr(CpuState.RAX, out[0] & LOW);
        s.setGpr(CpuState.RBX, out[1] & LOW);
        s.setGpr(CpuState.RCX, out[2] & LOW);
        s.setGpr(CpuState.RDX, out[3] & LOW);
    }

    /** RDTSC; CR4.TSD keeps it from programs. */
    public static void rdtsc(CpuState s, CpuEnv e) {
        if (s.cpl != 0 && (s.cr4 & Cr.CR4_TSD) != 0 && (s.cr0 & Cr.CR0_PE) != 0) {
            throw s.gp0();
        }
        setPair(s, e.tsc() + s.tscOffset);
    }

    /** RDTSCP: also IA32_TSC_AUX in ECX. */
    public static void rdtscp(CpuState s, CpuEnv e) {
        rdtsc(s, e);
        s.setGpr(CpuState.RCX, s.tscAux & LOW);
    }

    /** RDPMC: there are no counters, so every index raises #GP(0). */
    public static void rdpmc(CpuState s) {
        throw s.gp0();
    }

    /** RDMSR. */
    public static void rdmsr(CpuState s, CpuEnv e) {
        Checks.requireCpl0(s);
        setPair(s, MsrOps.read(s, e, (int) s.gpr(CpuState.RCX)));
    }

    /** WRMSR. */
    public static void wrmsr(CpuState s, Mmu m, CpuEnv e) {
        Checks.requireCpl0(s);
        long value = s.gpr(CpuState.RDX) << 32 | s.gpr(CpuState.RAX) & LOW;
        MsrOps.write(s, m, e, (int) s.gpr(CpuState.RCX), value);
    }

    private static void setPair(CpuState s, long value) {
        s.setGpr(CpuState.RAX, value & LOW);
        s.setGpr(CpuState.RDX, value >>> 32);
    }

    /** SWAPGS: 64-bit code at level 0 only. */
    public static void swapgs(CpuState s) {
        if (!s.code64()) {
            throw s.ud();
        }
        Checks.requireCpl0(s);
        long base = s.seg[Seg.GS].base();
        s.seg[Seg.GS].setBase(s.kernelGsBase());
        s.setKernelGsBase(base);
    }

    /** RDFSBASE and RDGSBASE; the caller cuts to the operand's size. */
    public static long readBase(CpuState s, int seg) {
        requireFsgsbase(s);
        return s.seg[seg].base();
    }

    /** WRFSBASE and WRGSBASE; a 32-bit operand comes zero-extended. */
    public static void writeBase(CpuState s, int seg, long value) {
        requireFsgsbase(s);
        Checks.requireCanonical(s, value);
        s.seg[seg].setBase(value);
    }

    private static void requireFsgsbase(CpuState s) {
        if (!s.code64() || (s.cr4 & Cr.CR4_FSGSBASE) == 0) {
            throw s.ud();
        }
    }

    /** HLT. */
    public static void hlt(CpuState s) {
        Checks.requireCpl0(s);
        s.halted = true;
        s.attention = true;
    }

    /** #GP(0) for SGDT, SIDT, SLDT, SMSW and STR of a program under CR4.UMIP (SDM vol. 3, section 2.5). */
    private static void checkUmip(CpuState s) {
        if (s.cpl != 0 && (s.cr4 & Cr.CR4_UMIP) != 0) {
            throw s.gp0();
        }
    }

    /** SLDT: the selector. */
    public static int sldt(CpuState s) {
        Checks.requireProtected(s);
        checkUmip(s);
        return s.ldtr.selector;
    }

    /** STR: the selector. */
    public static int str(CpuState s) {
        Checks.requireProtected(s);
        checkUmip(s);
        return s.tr.selector;
    }

    /** SMSW: CR0, cut by the caller to the operand's size. */
    public static long smsw(CpuState s) {
        checkUmip(s);
        return s.cr0;
    }

    /** SGDT to linear address {@code at}: 6 bytes, 10 in 64-bit code, which the caller's segment check covered. */
    public static void sgdt(CpuState s, Mmu m, long at) {
        checkUmip(s);
        storeTable(s, m, at, s.gdtBase, s.gdtLimit);
    }

    /** SIDT, as {@link #sgdt}. */
    public static void sidt(CpuState s, Mmu m, long at) {
        checkUmip(s);
        storeTable(s, m, at, s.idtBase, s.idtLimit);
    }

    /** Bytes of the memory operand of LGDT, LIDT, SGDT and SIDT. */
    public static int tableOperandSize(CpuState s) {
        return s.code64() ? 10 : 6;
    }

    private static void storeTable(CpuState s, Mmu m, long at, long base, int limit) {
        long baseAt = Stack.wrap(s, at + 2);
        if (s.code64()) {
            m.probeWrite(baseAt, 8);
            m.store16(at, limit);
            m.store64(baseAt, base);
        } else {
            m.probeWrite(baseAt, 4);
            m.store16(at, limit);
            m.store32(baseAt, base);
        }
    }

    /**
     * LGDT from linear address {@code at}.
     *
     * @param opSize operand size in bytes: 2 takes only 24 bits of the base
     */
    public static void lgdt(CpuState s, Mmu m, long at, int opSize) {
        Checks.requireCpl0(s);
        int limit = m.load16(at);
        s.gdtBase = loadTableBase(s, m, at, opSize);
        s.gdtLimit = limit;
    }

    /** LIDT, as {@link #lgdt}. */
    public static void lidt(CpuState s, Mmu m, long at, int opSize) {
        Checks.requireCpl0(s);
        int limit = m.load16(at);
        s.idtBase = loadTableBase(s, m, at, opSize);
        s.idtLimit = limit;
    }

    private static long loadTableBase(CpuState s, Mmu m, long at, int opSize) {
        long baseAt = Stack.wrap(s, at + 2);
        if (s.code64()) {
            long base = m.load64(baseAt);
            Checks.requireCanonical(s, base);
            return base;
        }
        long base = m.load32(baseAt);
        return opSize == 2 ? base & 0xff_ffff : base;
    }
}
