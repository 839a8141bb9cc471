package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Feature;
import dev.veery.cpu.state.Msr;
import dev.veery.cpu.state.MsrBank;
import dev.veery.cpu.state.Seg;

/** RDMSR and WRMSR (SDM vol. 4, chapter 2). An MSR that does not exist, and a value that is not valid, raise #GP(0). */
public final class MsrOps {
    /** Microcode revision, in the upper half of IA32_BIOS_SIGN_ID. */
    private static final long MICROCODE_REVISION = 1L << 32;

    /** IA32_FEATURE_CONTROL: locked, nothing enabled. */
    private static final long FEATURE_CONTROL_LOCKED = 1;

    /** MTRRCAP: number of variable ranges, fixed ranges, write-combining. */
    private static final long MTRRCAP_VALUE = MsrBank.VARIABLE_RANGES | 1 << 8 | 1 << 10;

    /** MCG_CAP: number of banks, MCG_CTL present. */
    private static final long MCG_CAP_VALUE = MsrBank.MC_BANKS | 1 << 8;

    /** IA32_MISC_ENABLE bits that stay as written: fast strings, limit CPUID, XD disable. */
    private static final long MISC_ENABLE_WRITABLE = 1L | 1L << 22 | 1L << 34;

    /** DEBUGCTL: BTF, single-step on branches. */
    private static final long DEBUGCTL_BTF = 1 << 1;

    private static final long DEBUGCTL_KNOWN = 0xffc3;

    /**
     * IA32_ARCH_CAPABILITIES: an interpreter does not speculate, so every known side channel is absent. RDCL_NO, IBRS_ALL,
     * SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO,
     * PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO.
     */
    private static final long ARCH_CAPABILITIES_VALUE = 1L | 1L << 1 | 1L << 3 | 1L << 4 | 1L << 5 | 1L << 6 | 1L << 8
            | 1L << 13 | 1L << 14 | 1L << 15 | 1L << 20 | 1L << 24 | 1L << 26 | 1L << 27 | 1L << 62;

    /** SPEC_CTRL: IBRS and STIBP; writes of STIBP are accepted whether or not it is shown (SDM vol. 4, table 2-2). */
    private static final long SPEC_CTRL_WRITABLE = 3;

    private MsrOps() {}

    /** Reads {@code msr} at privilege level 0, which the caller has checked. */
    public static long read(CpuState s, CpuEnv e, int msr) {
        switch (msr) {
            case Msr.EFER:
                return s.efer;
            case Msr.STAR:
                return s.star;
            case Msr.LSTAR:
                requireFeature(s, e, Feature.LM);
                return s.lstar;
            case Msr.CSTAR:
                requireFeature(s, e, Feature.LM);
                return s.cstar;
            case Msr.FMASK:
                requireFeature(s, e, Feature.LM);
                return s.fmask;
            case Msr.FS_BASE:
                requireFeature(s, e, Feature.LM);
                return s.seg[Seg.FS].base();
            case Msr.GS_BASE:
                requireFeature(s, e, Feature.LM);
                return s.seg[Seg.GS].base();
            case Msr.KERNEL_GS_BASE:
                requireFeature(s, e, Feature.LM);
                return s.kernelGsBase();
            case Msr.TSC_AUX:
                requireFeature(s, e, Feature.RDTSCP);
                return s.tscAux;
            case Msr.SYSENTER_CS:
                return s.sysenterCs;
            case Msr.SYSENTER_ESP:
                return s.sysenterEsp;
            case Msr.SYSENTER_EIP:
                return s.sysenterEip;
            case Msr.TSC:
                return e.tsc() + s.tscOffset;
            default:
                return msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST
                        ? readApic(s, e, msr)
                        : readPlatform(s, e, msr);
        }
    }

    private static long readPlatform(CpuState s, CpuEnv e, int msr) {
        switch (msr) {
            case Msr.P5_MC_ADDR:
            case Msr.P5_MC_TYPE:
            case Msr.PLATFORM_ID:
                return 0;
            case Msr.APIC_BASE:
                requireFeature(s, e, Feature.APIC);
                e.lock();
                try {
                    return e.apic().base();
                } finally {
                    e.unlock();
                }
            case Msr.TSC_DEADLINE:
                return readDeadline(s, e);
            case Msr.FEATURE_CONTROL:
                return FEATURE_CONTROL_LOCKED;
            case Msr.TSC_ADJUST:
                requireFeature(s, e, Feature.TSC_ADJUST);
                return s.msrs.tscAdjust;
            case Msr.SPEC_CTRL:
                requireFeature(s, e, Feature.SPEC_CTRL);
                return s.msrs.specCtrl;
            case Msr.ARCH_CAPABILITIES:
                requireFeature(s, e, Feature.ARCH_CAPABILITIES);
                return ARCH_CAPABILITIES_VALUE;
            case Msr.BIOS_SIGN_ID:
                return s.msrs.biosSignId;
            case Msr.MISC_ENABLE:
                return s.msrs.miscEnable;
            case Msr.DEBUGCTL:
                return s.msrs.debugCtl;
            case Msr.MCG_CAP:
                return MCG_CAP_VALUE;
            case Msr.MCG_STATUS:
                return s.msrs.mcgStatus;
            case Msr.MCG_CTL:
                return s.msrs.mcgCtl;
            case Msr.PAT:
                requireFeature(s, e, Feature.PAT);
                return s.msrs.pat;
            default:
                return readBank(s, e, msr);
        }
    }

    private static long readBank(CpuState s, CpuEnv e, int msr) {
        if (MtrrOps.exists(msr)) {
            requireFeature(s, e, Feature.MTRR);
            return msr == Msr.MTRRCAP ? MTRRCAP_VALUE : MtrrOps.read(s.msrs, msr);
        }
        int bank = msr - Msr.MC0_CTL;
        if (bank >= 0 && bank < s.msrs.machineCheck.length) {
            return s.msrs.machineCheck[bank];
        }
        int amd = amdIndex(e, msr);
        if (amd >= 0) {
            return s.msrs.amd[amd];
        }
        throw s.gp0();
    }

    /** Writes {@code msr} at privilege level 0, which the caller has checked. */
    public static void write(CpuState s, Mmu m, CpuEnv e, int msr, long value) {
        switch (msr) {
            case Msr.EFER:
                writeEfer(s, m, e, value);
                break;
            case Msr.STAR:
                s.star = value;
                break;
            case Msr.LSTAR:
                requireFeature(s, e, Feature.LM);
                Checks.requireCanonical(s, value);
                s.lstar = value;
                break;
            case Msr.CSTAR:
                requireFeature(s, e, Feature.LM);
                Checks.requireCanonical(s, value);
                s.cstar = value;
                break;
            case Msr.FMASK:
                requireFeature(s, e, Feature.LM);
                require(s, value >>> 32 == 0);
                s.fmask = value;
                break;
            case Msr.FS_BASE:
                writeBase(s, e, Seg.FS, value);
                break;
            case Msr.GS_BASE:
                writeBase(s, e, Seg.GS, value);
                break;
            case Msr.KERNEL_GS_BASE:
                requireFeature(s, e, Feature.LM);
                Checks.requireCanonical(s, value);
                s.setKernelGsBase(value);
                break;
            case Msr.TSC_AUX:
                requireFeature(s, e, Feature.RDTSCP);
                require(s, value >>> 32 == 0);
                s.tscAux = value;
                break;
            case Msr.TSC_DEADLINE:
                writeDeadline(s, e, value);
                break;
            default:
                if (msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST) {
                    writeApic(s, e, msr, value);
                } else {
                    writePlatform(s, e, msr, value);
                }
                break;
        }
    }

    private static void writeBase(CpuState s, CpuEnv e, int seg, long value) {
        requireFeature(s, e, Feature.LM);
        Checks.requireCanonical(s, value);
        s.seg[seg].setBase(value);
    }

    private static void writePlatform(CpuState s, CpuEnv e, int msr, long value) {
        switch (msr) {
            case Msr.SYSENTER_CS:
                s.sysenterCs = value & 0xffff_ffffL;
                break;
            case Msr.SYSENTER_ESP:
                Checks.requireCanonical(s, value);
                s.sysenterEsp = value;
                break;
            case Msr.SYSENTER_EIP:
                Checks.requireCanonical(s, value);
                s.sysenterEip = value;
                break;
            case Msr.TSC:
                long delta = value - (e.tsc() + s.tscOffset);
                s.tscOffset += delta;
                s.msrs.tscAdjust += delta;
                break;
            case Msr.TSC_ADJUST:
                requireFeature(s, e, Feature.TSC_ADJUST);
                s.tscOffset += value - s.msrs.tscAdjust;
                s.msrs.tscAdjust = value;
                break;
            case Msr.APIC_BASE:
                requireFeature(s, e, Feature.APIC);
                writeApicBase(s, e, value);
                break;
            case Msr.SPEC_CTRL:
                requireFeature(s, e, Feature.SPEC_CTRL);
                require(s, (value & ~SPEC_CTRL_WRITABLE) == 0);
                s.msrs.specCtrl = value;
                break;
            case Msr.PRED_CMD:
                requireFeature(s, e, Feature.SPEC_CTRL);
                // IBPB: there is no predictor to flush.
                require(s, (value & ~1L) == 0);
                break;
            case Msr.BIOS_UPDT_TRIG:
            case Msr.P5_MC_ADDR:
            case Msr.P5_MC_TYPE:
                break;
            case Msr.BIOS_SIGN_ID:
                // Software writes 0 and executes CPUID, which stores the revision (SDM vol. 3, section 10.11.7.1).
                s.msrs.biosSignId = MICROCODE_REVISION;
                break;
            case Msr.MISC_ENABLE:
                s.msrs.miscEnable = s.msrs.miscEnable & ~MISC_ENABLE_WRITABLE | value & MISC_ENABLE_WRITABLE;
                break;
            case Msr.DEBUGCTL:
                // Branch records and trace messages do not exist, and their bits stay 0.
                require(s, (value & ~DEBUGCTL_KNOWN) == 0);
                s.msrs.debugCtl = value & DEBUGCTL_BTF;
                s.attention = true;
                break;
            case Msr.MCG_STATUS:
                require(s, (value & ~7L) == 0);
                s.msrs.mcgStatus = value;
                break;
            case Msr.MCG_CTL:
                require(s, value == 0 || value == -1L);
                s.msrs.mcgCtl = value;
                break;
            case Msr.PAT:
                requireFeature(s, e, Feature.PAT);
                require(s, MtrrOps.validPat(value));
                s.msrs.pat = value;
                break;
            default:
                writeBank(s, e, msr, value);
                break;
        }
    }

    private static void writeBank(CpuState s, CpuEnv e, int msr, long value) {
        if (MtrrOps.exists(msr)) {
            requireFeature(s, e, Feature.MTRR);
            require(s, MtrrOps.write(s.msrs, msr, value, e.model().physicalBits()));
            return;
        }
        int bank = msr - Msr.MC0_CTL;
        if (bank >= 0 && bank < s.msrs.machineCheck.length) {
            // CTL takes all ones or zeros, the others only zero (SDM vol. 3, section 17.3.2).
            require(s, value == 0 || (bank & 3) == 0 && value == -1L);
            s.msrs.machineCheck[bank] = value;
            return;
        }
        int amd = amdIndex(e, msr);
        require(s, amd >= 0);
        s.msrs.amd[amd] = value;
    }

    private static void writeEfer(CpuState s, Mmu m, CpuEnv e, long value) {
        long known = Cr.EFER_LMA;
        known |= e.model().has(Feature.SYSCALL) ? Cr.EFER_SCE : 0;
        known |= e.model().has(Feature.LM) ? Cr.EFER_LME : 0;
        known |= e.model().has(Feature.NX) ? Cr.EFER_NXE : 0;
        require(s, (value & ~known) == 0);
        long changed = s.efer ^ value;
        // LME may change only while paging is off (SDM vol. 3, section 10.8.5).
        require(s, (changed & Cr.EFER_LME) == 0 || !s.paging());
        s.efer = value & ~Cr.EFER_LMA | s.efer & Cr.EFER_LMA;
        if ((changed & Cr.EFER_NXE) != 0) {
            m.flushAll();
            e.codeTranslationChanged();
        }
        Mode.changed(s, m);
    }

    private static void writeApicBase(CpuState s, CpuEnv e, long value) {
        boolean reserved = (value & 0xff) != 0
                || (value & 1 << 9) != 0
                || value >>> e.model().physicalBits() != 0;
        boolean x2apicUnknown = (value & 1 << 10) != 0 && !e.model().has(Feature.X2APIC);
        require(s, !reserved && !x2apicUnknown);
        e.lock();
        try {
            require(s, e.apic().setBase(value));
        } finally {
            e.unlock();
        }
    }

    private static long readApic(CpuState s, CpuEnv e, int msr) {
        e.lock();
        try {
            require(s, e.apic().x2apic() && e.apic().msrReadable(msr));
            return e.apic().readMsr(msr);
        } finally {
            e.unlock();
        }
    }

    private static void writeApic(CpuState s, CpuEnv e, int msr, long value) {
        e.lock();
        try {
            require(s, e.apic().x2apic() && e.apic().writeMsr(msr, value));
        } finally {
            e.unlock();
        }
        s.attention = true;
    }

    private static long readDeadline(CpuState s, CpuEnv e) {
        requireFeature(s, e, Feature.TSC_DEADLINE);
        e.lock();
        try {
            long ticks = e.apic().tscDeadline();
            return ticks == 0 ? 0 : ticks + s.tscOffset;
        } finally {
            e.unlock();
        }
    }

    private static void writeDeadline(CpuState s, CpuEnv e, long value) {
        requireFeature(s, e, Feature.TSC_DEADLINE);
        long ticks = 0;
        if (value != 0) {
            // The APIC counts machine ticks, and 0 disarms; a deadline before the machine began has long passed.
            ticks = value - s.tscOffset;
            boolean passed = value - (e.tsc() + s.tscOffset) <= 0;
            if (passed && ticks <= 0) {
                ticks = 1;
            }
        }
        e.lock();
        try {
            e.apic().setTscDeadline(ticks);
        } finally {
            e.unlock();
        }
        s.attention = true;
    }

    /** Index of the latch that stands for an AMD configuration register, or -1. */
    private static int amdIndex(CpuEnv e, int msr) {
        if (e.model().isIntel()) {
            return -1;
        }
        switch (msr) {
            case Msr.AMD_SYSCFG:
                return 0;
            case Msr.AMD_HWCR:
                return 1;
            case Msr.AMD_NB_CFG:
                return 2;
            case Msr.AMD_INT_PENDING:
                return 3;
            case Msr.AMD_PATCH_LOADER:
                return 4;
            default:
                return msr >= Msr.AMD_LS_CFG && msr <= Msr.AMD_DE_CFG ? 5 + msr - Msr.AMD_LS_CFG : -1;
        }
    }

    private static void requireFeature(CpuState s, CpuEnv e, Feature feature) {
        require(s, e.model().has(feature));
    }

    private static void require(CpuState s, boolean valid) {
        if (!valid) {
            throw s.gp0();
        }
    }
}
