package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Feature;
import dev.veery.cpu.state.Seg;

/** MOV to and from control registers, LMSW, CLTS, INVLPG, INVPCID (SDM vol. 2, MOV; vol. 3, sections 2.5, 4.10 and 10.8.5). */
public final class ControlRegs {
    private static final long CR0_KNOWN = Cr.CR0_PE | Cr.CR0_MP | Cr.CR0_EM | Cr.CR0_TS | Cr.CR0_ET | Cr.CR0_NE
            | Cr.CR0_WP | Cr.CR0_AM | Cr.CR0_NW | Cr.CR0_CD | Cr.CR0_PG;

    /** Bits of CR0 whose change loads the PDPTEs under PAE paging (SDM vol. 3, section 4.4.1). */
    private static final long CR0_PDPTE = Cr.CR0_CD | Cr.CR0_NW | Cr.CR0_PG;

    /** Bits of CR4 whose change does. */
    private static final long CR4_PDPTE = Cr.CR4_PAE | Cr.CR4_PGE | Cr.CR4_PSE | Cr.CR4_SMEP;

    /** Bits of CR4 whose change flushes the TLB (SDM vol. 3, section 4.10.4.1). */
    private static final long CR4_FLUSH = CR4_PDPTE | Cr.CR4_PCIDE | Cr.CR4_SMAP;

    /** CR3 bit 63 of the operand: translations of the new PCID may stay. */
    private static final long CR3_KEEP = 1L << 63;

    private static final int INVPCID_ADDRESS = 0;
    private static final int INVPCID_CONTEXT = 1;
    private static final int INVPCID_ALL = 2;
    private static final int INVPCID_ALL_NON_GLOBAL = 3;

    private ControlRegs() {}

    /** MOV from CRn; the caller cuts to 32 bits outside 64-bit code. */
    public static long readCr(CpuState s, CpuEnv e, int n) {
        requireExists(s, n);
        Checks.requireCpl0(s);
        switch (n) {
            case 0:
                return s.cr0;
            case 2:
                return s.cr2;
            case 3:
                return s.cr3;
            case 4:
                return s.cr4;
            default:
                e.lock();
                try {
                    return e.apic().cr8();
                } finally {
                    e.unlock();
                }
        }
    }

    /** MOV to CRn; outside 64-bit code the value comes zero-extended. */
    public static void writeCr(CpuState s, Mmu m, CpuEnv e, int n, long value) {
        requireExists(s, n);
        Checks.requireCpl0(s);
        switch (n) {
            case 0:
                writeCr0(s, m, e, value);
                break;
            case 2:
                s.cr2 = value;
                break;
            case 3:
                writeCr3(s, m, e, value);
                break;
            case 4:
                writeCr4(s, m, e, value);
                break;
            default:
                require(s, (value & ~0xfL) == 0);
                e.lock();
                try {
                    e.apic().setCr8((int) value);
                } finally {
                    e.unlock();
                }
                s.attention = true;
                break;
        }
    }

    private static void requireExists(CpuState s, int n) {
        if (n != 0 && n != 2 && n != 3 && n != 4 && n != 8) {
            throw s.ud();
        }
    }

    private static void writeCr0(CpuState s, Mmu m, CpuEnv e, long operand) {
        require(s, operand >>> 32 == 0);
        long value = operand & CR0_KNOWN | Cr.CR0_ET;
        boolean pg = (value & Cr.CR0_PG) != 0;
        require(s, !pg || (value & Cr.CR0_PE) != 0);
        require(s, (value & (Cr.CR0_NW | Cr.CR0_CD)) != Cr.CR0_NW);
        long changed = s.cr0 ^ value;
        boolean lma = s.longMode();
        if ((changed & Cr.CR0_PG) != 0) {
            if (pg) {
                lma = enableLongMode(s);
            } else {
                require(s, !s.code64() && (s.cr4 & Cr.CR4_PCIDE) == 0);
                lma = false;
            }
        }
        if (pg && !lma && (s.cr4 & Cr.CR4_PAE) != 0 && (changed & CR0_PDPTE) != 0) {
            require(s, m.pdptesValid(s.cr3));
        }
        s.cr0 = value;
        s.efer = lma ? s.efer | Cr.EFER_LMA : s.efer & ~Cr.EFER_LMA;
        if ((changed & Cr.CR0_PE) != 0) {
            s.cpl = 0;
        }
        if ((changed & (Cr.CR0_PG | Cr.CR0_WP | Cr.CR0_PE)) != 0) {
            m.flushAll();
            e.codeTranslationChanged();
        }
        Mode.changed(s, m);
    }

    /** Paging is about to be switched on: whether long mode becomes active; #GP where SDM vol. 3, section 10.8.5 says so. */
    private static boolean enableLongMode(CpuState s) {
        if ((s.efer & Cr.EFER_LME) == 0) {
            return false;
        }
        require(s, (s.cr4 & Cr.CR4_PAE) != 0);
        require(s, (s.seg[Seg.CS].attributes & Seg.L) == 0);
        int tss = s.tr.attributes & Seg.TYPE;
        require(s, tss != Descriptor.TSS16_AVAILABLE && tss != Descriptor.TSS16_BUSY);
        return true;
    }

    private static void writeCr3(CpuState s, Mmu m, CpuEnv e, long operand) {
        boolean pcide = (s.cr4 & Cr.CR4_PCIDE) != 0;
        long value = pcide ? operand & ~CR3_KEEP : operand;
        if (s.longMode()) {
            require(s, value >>> e.model().physicalBits() == 0);
        } else {
            value &= 0xffff_ffffL;
            if (s.paging() && (s.cr4 & Cr.CR4_PAE) != 0) {
                require(s, m.pdptesValid(value));
            }
        }
        s.cr3 = value;
        m.changeAddressSpace(pcide && operand < 0);
        e.codeTranslationChanged();
    }

    private static void writeCr4(CpuState s, Mmu m, CpuEnv e, long value) {
        require(s, (value & ~cr4Known(e)) == 0);
        long changed = s.cr4 ^ value;
        if (s.longMode()) {
            require(s, (value & Cr.CR4_PAE) != 0);
        }
        if ((changed & value & Cr.CR4_PCIDE) != 0) {
            require(s, s.longMode() && (s.cr3 & Cr.CR3_PCID) == 0);
        }
        boolean pae = s.paging() && !s.longMode() && (value & Cr.CR4_PAE) != 0;
        if (pae && (changed & CR4_PDPTE) != 0) {
            require(s, m.pdptesValid(s.cr3));
        }
        s.cr4 = value;
        if ((changed & CR4_FLUSH) != 0) {
            m.flushAll();
            e.codeTranslationChanged();
        }
        Mode.changed(s, m);
    }

    /** The bits of CR4 that the model's features let be set. */
    private static long cr4Known(CpuEnv e) {
        long known = Cr.CR4_PCE;
        known |= bit(e, Feature.VME, Cr.CR4_VME | Cr.CR4_PVI);
        known |= bit(e, Feature.TSC, Cr.CR4_TSD);
        known |= bit(e, Feature.DE, Cr.CR4_DE);
        known |= bit(e, Feature.PSE, Cr.CR4_PSE);
        known |= bit(e, Feature.PAE, Cr.CR4_PAE);
        known |= bit(e, Feature.MCE, Cr.CR4_MCE);
        known |= bit(e, Feature.PGE, Cr.CR4_PGE);
        known |= bit(e, Feature.FXSR, Cr.CR4_OSFXSR);
        known |= bit(e, Feature.SSE, Cr.CR4_OSXMMEXCPT);
        known |= bit(e, Feature.UMIP, Cr.CR4_UMIP);
        known |= bit(e, Feature.FSGSBASE, Cr.CR4_FSGSBASE);
        known |= bit(e, Feature.PCID, Cr.CR4_PCIDE);
        known |= bit(e, Feature.XSAVE, Cr.CR4_OSXSAVE);
        known |= bit(e, Feature.SMEP, Cr.CR4_SMEP);
        known |= bit(e, Feature.SMAP, Cr.CR4_SMAP);
        return known;
    }

    private static long bit(CpuEnv e, Feature feature, long bits) {
        return e.model().has(feature) ? bits : 0;
    }

    /** LMSW: PE, MP, EM and TS; PE can be set but not cleared. */
    public static void lmsw(CpuState s, Mmu m, CpuEnv e, int value) {
        Checks.requireCpl0(s);
        long low = Cr.CR0_MP | Cr.CR0_EM | Cr.CR0_TS;
        writeCr0(s, m, e, s.cr0 & ~low | value & (low | Cr.CR0_PE));
    }

    /** CLTS. */
    public static void clts(CpuState s) {
        Checks.requireCpl0(s);
        s.cr0 &= ~Cr.CR0_TS;
        s.updateMode();
    }

    /** INVLPG of a linear address, which may be anything. */
    public static void invlpg(CpuState s, Mmu m, CpuEnv e, long linear) {
        Checks.requireCpl0(s);
        if (!s.code64() || Checks.canonical(linear)) {
            m.flushPage(linear);
            e.codeTranslationChanged();
        }
    }

    /**
     * INVPCID.
     *
     * @param type the register operand
     * @param at linear address of the 16-byte descriptor
     */
    public static void invpcid(CpuState s, Mmu m, CpuEnv e, long type, long at) {
        Checks.requireCpl0(s);
        long pcid = m.load64(at);
        long linear = m.load64(Stack.wrap(s, at + 8));
        require(s, type >= INVPCID_ADDRESS && type <= INVPCID_ALL_NON_GLOBAL && (pcid & ~Cr.CR3_PCID) == 0);
        if (type <= INVPCID_CONTEXT) {
            require(s, pcid == 0 || (s.cr4 & Cr.CR4_PCIDE) != 0);
        }
        if (type == INVPCID_ADDRESS) {
            Checks.requireCanonical(s, linear);
            m.flushPage((int) pcid, linear);
        } else if (type == INVPCID_CONTEXT) {
            m.flushSpace((int) pcid);
        } else if (type == INVPCID_ALL) {
            m.flushAll();
        } else {
            m.flushNonGlobal();
        }
        e.codeTranslationChanged();
    }

    private static void require(CpuState s, boolean valid) {
        if (!valid) {
            throw s.gp0();
        }
    }
}
