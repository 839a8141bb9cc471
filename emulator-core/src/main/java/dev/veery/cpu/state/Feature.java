package dev.veery.cpu.state;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * CPUID feature bits by QEMU's names, with the leaf, register and bit where each is shown (SDM vol. 2, CPUID; AMD APM vol.
 * 3, appendix E for 8000_0001h). Those that no engine implements are listed too, so that asking for one can be answered
 * by name; a {@link CpuModel} never has them.
 */
public enum Feature {
    FPU("fpu", Word.L1_EDX, 0),
    VME("vme", Word.L1_EDX, 1),
    DE("de", Word.L1_EDX, 2),
    PSE("pse", Word.L1_EDX, 3),
    TSC("tsc", Word.L1_EDX, 4),
    MSR("msr", Word.L1_EDX, 5),
    PAE("pae", Word.L1_EDX, 6),
    MCE("mce", Word.L1_EDX, 7),
    CX8("cx8", Word.L1_EDX, 8),
    APIC("apic", Word.L1_EDX, 9),
    SEP("sep", Word.L1_EDX, 11),
    MTRR("mtrr", Word.L1_EDX, 12),
    PGE("pge", Word.L1_EDX, 13),
    MCA("mca", Word.L1_EDX, 14),
    CMOV("cmov", Word.L1_EDX, 15),
    PAT("pat", Word.L1_EDX, 16),
    PSE36("pse36", Word.L1_EDX, 17),
    PN("pn", Word.L1_EDX, 18, false),
    CLFLUSH("clflush", Word.L1_EDX, 19),
    DS("ds", Word.L1_EDX, 21, false),
    ACPI("acpi", Word.L1_EDX, 22, false),
    MMX("mmx", Word.L1_EDX, 23),
    FXSR("fxsr", Word.L1_EDX, 24),
    SSE("sse", Word.L1_EDX, 25),
    SSE2("sse2", Word.L1_EDX, 26),
    SS("ss", Word.L1_EDX, 27),
    HT("ht", Word.L1_EDX, 28),
    TM("tm", Word.L1_EDX, 29, false),
    IA64("ia64", Word.L1_EDX, 30, false),
    PBE("pbe", Word.L1_EDX, 31, false),
    SSE3("pni", Word.L1_ECX, 0),
    PCLMULQDQ("pclmulqdq", Word.L1_ECX, 1, false),
    DTES64("dtes64", Word.L1_ECX, 2, false),
    MONITOR("monitor", Word.L1_ECX, 3, false),
    DS_CPL("ds-cpl", Word.L1_ECX, 4, false),
    VMX("vmx", Word.L1_ECX, 5, false),
    SMX("smx", Word.L1_ECX, 6, false),
    EST("est", Word.L1_ECX, 7, false),
    TM2("tm2", Word.L1_ECX, 8, false),
    SSSE3("ssse3", Word.L1_ECX, 9),
    CID("cid", Word.L1_ECX, 10, false),
    FMA("fma", Word.L1_ECX, 12),
    CX16("cx16", Word.L1_ECX, 13),
    XTPR("xtpr", Word.L1_ECX, 14, false),
    PDCM("pdcm", Word.L1_ECX, 15, false),
    PCID("pcid", Word.L1_ECX, 17),
    DCA("dca", Word.L1_ECX, 18, false),
    SSE4_1("sse4.1", Word.L1_ECX, 19),
    SSE4_2("sse4.2", Word.L1_ECX, 20),
    X2APIC("x2apic", Word.L1_ECX, 21),
    MOVBE("movbe", Word.L1_ECX, 22),
    POPCNT("popcnt", Word.L1_ECX, 23),
    TSC_DEADLINE("tsc-deadline", Word.L1_ECX, 24),
    AES("aes", Word.L1_ECX, 25, false),
    XSAVE("xsave", Word.L1_ECX, 26),
    AVX("avx", Word.L1_ECX, 28),
    F16C("f16c", Word.L1_ECX, 29),
    RDRAND("rdrand", Word.L1_ECX, 30),
    HYPERVISOR("hypervisor", Word.L1_ECX, 31),
    ARAT("arat", Word.L6_EAX, 2),
    FSGSBASE("fsgsbase", Word.L7_EBX, 0),
    TSC_ADJUST("tsc-adjust", Word.L7_EBX, 1),
    SGX("sgx", Word.L7_EBX, 2, false),
    BMI1("bmi1", Word.L7_EBX, 3),
    HLE("hle", Word.L7_EBX, 4, false),
    AVX2("avx2", Word.L7_EBX, 5),
    SMEP("smep", Word.L7_EBX, 7),
    BMI2("bmi2", Word.L7_EBX, 8),
    ERMS("erms", Word.L7_EBX, 9),
    INVPCID("invpcid", Word.L7_EBX, 10),
    RTM("rtm", Word.L7_EBX, 11, false),
    MPX("mpx", Word.L7_EBX, 14, false),
    AVX512F("avx512f", Word.L7_EBX, 16, false),
    AVX512DQ("avx512dq", Word.L7_EBX, 17, false),
    RDSEED("rdseed", Word.L7_EBX, 18),
    ADX("adx", Word.L7_EBX, 19),
    SMAP("smap", Word.L7_EBX, 20),
    AVX512IFMA("avx512ifma", Word.L7_EBX, 21, false),
    PCOMMIT("pcommit", Word.L7_EBX, 22, false),
    CLFLUSHOPT("clflushopt", Word.L7_EBX, 23),
    CLWB("clwb", Word.L7_EBX, 24, false),
    INTEL_PT("intel-pt", Word.L7_EBX, 25, false),
    AVX512PF("avx512pf", Word.L7_EBX, 26, false),
    AVX512ER("avx512er", Word.L7_EBX, 27, false),
    AVX512CD("avx512cd", Word.L7_EBX, 28, false),
    SHA_NI("sha-ni", Word.L7_EBX, 29, false),
    AVX512BW("avx512bw", Word.L7_EBX, 30, false),
    AVX512VL("avx512vl", Word.L7_EBX, 31, false),
    AVX512VBMI("avx512vbmi", Word.L7_ECX, 1, false),
    UMIP("umip", Word.L7_ECX, 2),
    PKU("pku", Word.L7_ECX, 3, false),
    WAITPKG("waitpkg", Word.L7_ECX, 5, false),
    AVX512VBMI2("avx512vbmi2", Word.L7_ECX, 6, false),
    GFNI("gfni", Word.L7_ECX, 8, false),
    VAES("vaes", Word.L7_ECX, 9, false),
    VPCLMULQDQ("vpclmulqdq", Word.L7_ECX, 10, false),
    AVX512VNNI("avx512vnni", Word.L7_ECX, 11, false),
    AVX512BITALG("avx512bitalg", Word.L7_ECX, 12, false),
    AVX512_VPOPCNTDQ("avx512-vpopcntdq", Word.L7_ECX, 14, false),
    LA57("la57", Word.L7_ECX, 16, false),
    RDPID("rdpid", Word.L7_ECX, 22, false),
    BUS_LOCK_DETECT("bus-lock-detect", Word.L7_ECX, 24, false),
    CLDEMOTE("cldemote", Word.L7_ECX, 25, false),
    MOVDIRI("movdiri", Word.L7_ECX, 27, false),
    MOVDIR64B("movdir64b", Word.L7_ECX, 28, false),
    SGXLC("sgxlc", Word.L7_ECX, 30, false),
    PKS("pks", Word.L7_ECX, 31, false),
    AVX512_4VNNIW("avx512-4vnniw", Word.L7_EDX, 2, false),
    AVX512_4FMAPS("avx512-4fmaps", Word.L7_EDX, 3, false),
    FSRM("fsrm", Word.L7_EDX, 4, false),
    AVX512_VP2INTERSECT("avx512-vp2intersect", Word.L7_EDX, 8, false),
    MD_CLEAR("md-clear", Word.L7_EDX, 10, false),
    SERIALIZE("serialize", Word.L7_EDX, 14, false),
    TSX_LDTRK("tsx-ldtrk", Word.L7_EDX, 16, false),
    ARCH_LBR("arch-lbr", Word.L7_EDX, 19, false),
    AMX_BF16("amx-bf16", Word.L7_EDX, 22, false),
    AVX512_FP16("avx512-fp16", Word.L7_EDX, 23, false),
    AMX_TILE("amx-tile", Word.L7_EDX, 24, false),
    AMX_INT8("amx-int8", Word.L7_EDX, 25, false),
    SPEC_CTRL("spec-ctrl", Word.L7_EDX, 26),
    STIBP("stibp", Word.L7_EDX, 27, false),
    FLUSH_L1D("flush-l1d", Word.L7_EDX, 28, false),
    ARCH_CAPABILITIES("arch-capabilities", Word.L7_EDX, 29),
    CORE_CAPABILITY("core-capability", Word.L7_EDX, 30, false),
    SSBD("ssbd", Word.L7_EDX, 31, false),
    XSAVEOPT("xsaveopt", Word.LD1_EAX, 0),
    XSAVEC("xsavec", Word.LD1_EAX, 1),
    XGETBV1("xgetbv1", Word.LD1_EAX, 2),
    XSAVES("xsaves", Word.LD1_EAX, 3, false),
    XFD("xfd", Word.LD1_EAX, 4, false),
    SYSCALL("syscall", Word.E1_EDX, 11),
    MP("mp", Word.E1_EDX, 19, false),
    NX("nx", Word.E1_EDX, 20),
    MMXEXT("mmxext", Word.E1_EDX, 22, false),
    FXSR_OPT("fxsr-opt", Word.E1_EDX, 25, false),
    PDPE1GB("pdpe1gb", Word.E1_EDX, 26),
    RDTSCP("rdtscp", Word.E1_EDX, 27),
    LM("lm", Word.E1_EDX, 29),
    AMD_3DNOWEXT("3dnowext", Word.E1_EDX, 30, false),
    AMD_3DNOW("3dnow", Word.E1_EDX, 31, false),
    LAHF_LM("lahf-lm", Word.E1_ECX, 0),
    CMP_LEGACY("cmp-legacy", Word.E1_ECX, 1),
    SVM("svm", Word.E1_ECX, 2, false),
    EXTAPIC("extapic", Word.E1_ECX, 3, false),
    CR8LEGACY("cr8legacy", Word.E1_ECX, 4, false),
    ABM("abm", Word.E1_ECX, 5),
    SSE4A("sse4a", Word.E1_ECX, 6, false),
    MISALIGNSSE("misalignsse", Word.E1_ECX, 7, false),
    AMD_3DNOWPREFETCH("3dnowprefetch", Word.E1_ECX, 8),
    OSVW("osvw", Word.E1_ECX, 9, false),
    IBS("ibs", Word.E1_ECX, 10, false),
    XOP("xop", Word.E1_ECX, 11, false),
    SKINIT("skinit", Word.E1_ECX, 12, false),
    WDT("wdt", Word.E1_ECX, 13, false),
    LWP("lwp", Word.E1_ECX, 15, false),
    FMA4("fma4", Word.E1_ECX, 16, false),
    TCE("tce", Word.E1_ECX, 17, false),
    NODEID_MSR("nodeid-msr", Word.E1_ECX, 19, false),
    TBM("tbm", Word.E1_ECX, 21, false),
    TOPOEXT("topoext", Word.E1_ECX, 22, false),
    PERFCTR_CORE("perfctr-core", Word.E1_ECX, 23, false),
    PERFCTR_NB("perfctr-nb", Word.E1_ECX, 24, false),
    INVTSC("invtsc", Word.E7_EDX, 8),
    CLZERO("clzero", Word.E8_EBX, 0, false),
    XSAVEERPTR("xsaveerptr", Word.E8_EBX, 2, false),
    WBNOINVD("wbnoinvd", Word.E8_EBX, 9, false),
    IBPB("ibpb", Word.E8_EBX, 12, false),
    IBRS("ibrs", Word.E8_EBX, 14, false),
    AMD_STIBP("amd-stibp", Word.E8_EBX, 15, false),
    AMD_SSBD("amd-ssbd", Word.E8_EBX, 24, false),
    VIRT_SSBD("virt-ssbd", Word.E8_EBX, 25, false),
    AMD_NO_SSB("amd-no-ssb", Word.E8_EBX, 26, false);

    /** A register of a CPUID leaf that holds feature bits. */
    public enum Word {
        L1_EDX(1, "EDX"),
        L1_ECX(1, "ECX"),
        L6_EAX(6, "EAX"),
        L7_EBX(7, "EBX"),
        L7_ECX(7, "ECX"),
        L7_EDX(7, "EDX"),
        LD1_EAX(0xd, "EAX"),
        E1_EDX(0x8000_0001, "EDX"),
        E1_ECX(0x8000_0001, "ECX"),
        E7_EDX(0x8000_0007, "EDX"),
        E8_EBX(0x8000_0008, "EBX");

        private final int leaf;
        private final String register;

        Word(int leaf, String register) {
            this.leaf = leaf;
            this.register = register;
        }

        /** The value of EAX that asks for it. */
        public int leaf() {
            return leaf;
        }

        /** The register that holds the answer. */
        public String register() {
            return register;
        }
    }

    private final String flag;
    private final Word word;
    private final int bit;
    private final boolean implemented;

    Feature(String flag, Word word, int bit) {
        this(flag, word, bit, true);
    }

    Feature(String flag, Word word, int bit, boolean implemented) {
        this.flag = flag;
        this.word = word;
        this.bit = bit;
        this.implemented = implemented;
    }

    /** The name on the command line. */
    public String flag() {
        return flag;
    }

    /** Where the bit is shown. */
    public Word word() {
        return word;
    }

    /** Bit number within {@link #word}. */
    public int bit() {
        return bit;
    }

    /** Whether the engines do what the bit promises. */
    public boolean implemented() {
        return implemented;
    }

    /** The feature called {@code name}; underscores and the usual other spellings serve too; null when there is none. */
    public static @Nullable Feature byFlag(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replace('_', '-');
        switch (wanted) {
            case "sse3":
                return SSE3;
            case "sse4-1":
                return SSE4_1;
            case "sse4-2":
                return SSE4_2;
            case "lzcnt":
                return ABM;
            case "i64":
                return LM;
            case "xd":
                return NX;
            default:
                break;
        }
        for (Feature f : values()) {
            if (f.flag.equals(wanted)) {
                return f;
            }
        }
        return null;
    }

    /** How CPUID's documentation names the bit, such as {@code CPUID[eax=07h].EBX[5]}. */
    public String where() {
        return String.format("CPUID[eax=%02Xh].%s[%d]", word.leaf(), word.register(), bit);
    }
}
