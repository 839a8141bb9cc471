package dev.veery.cpu.state;

/** Numbers of the model-specific registers that exist here (SDM vol. 4, chapter 2; AMD APM vol. 2, appendix A). */
public final class Msr {
    public static final int P5_MC_ADDR = 0x0;
    public static final int P5_MC_TYPE = 0x1;
    public static final int TSC = 0x10;
    public static final int PLATFORM_ID = 0x17;
    public static final int APIC_BASE = 0x1b;
    public static final int FEATURE_CONTROL = 0x3a;
    public static final int TSC_ADJUST = 0x3b;
    public static final int SPEC_CTRL = 0x48;
    public static final int PRED_CMD = 0x49;
    public static final int BIOS_UPDT_TRIG = 0x79;
    public static final int BIOS_SIGN_ID = 0x8b;
    public static final int MTRRCAP = 0xfe;
    public static final int ARCH_CAPABILITIES = 0x10a;
    public static final int SYSENTER_CS = 0x174;
    public static final int SYSENTER_ESP = 0x175;
    public static final int SYSENTER_EIP = 0x176;
    public static final int MCG_CAP = 0x179;
    public static final int MCG_STATUS = 0x17a;
    public static final int MCG_CTL = 0x17b;
    public static final int MISC_ENABLE = 0x1a0;
    public static final int DEBUGCTL = 0x1d9;
    public static final int MTRR_PHYSBASE0 = 0x200;
    public static final int MTRR_FIX64K_00000 = 0x250;
    public static final int MTRR_FIX16K_80000 = 0x258;
    public static final int MTRR_FIX16K_A0000 = 0x259;
    public static final int MTRR_FIX4K_C0000 = 0x268;
    public static final int MTRR_FIX4K_F8000 = 0x26f;
    public static final int PAT = 0x277;
    public static final int MTRR_DEF_TYPE = 0x2ff;
    public static final int MC0_CTL = 0x400;
    public static final int TSC_DEADLINE = 0x6e0;
    public static final int X2APIC_FIRST = 0x800;
    public static final int X2APIC_LAST = 0x8ff;
    public static final int EFER = 0xc000_0080;
    public static final int STAR = 0xc000_0081;
    public static final int LSTAR = 0xc000_0082;
    public static final int CSTAR = 0xc000_0083;
    public static final int FMASK = 0xc000_0084;
    public static final int FS_BASE = 0xc000_0100;
    public static final int GS_BASE = 0xc000_0101;
    public static final int KERNEL_GS_BASE = 0xc000_0102;
    public static final int TSC_AUX = 0xc000_0103;
    public static final int AMD_SYSCFG = 0xc001_0010;
    public static final int AMD_HWCR = 0xc001_0015;
    public static final int AMD_NB_CFG = 0xc001_001f;
    public static final int AMD_INT_PENDING = 0xc001_0055;
    public static final int AMD_PATCH_LOADER = 0xc001_0020;
    public static final int AMD_LS_CFG = 0xc001_1020;
    public static final int AMD_DE_CFG = 0xc001_1029;

    private Msr() {}
}
