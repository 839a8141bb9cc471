package dev.veery.cpu.state;

import java.util.Arrays;

/**
 * Values of the model-specific registers that no engine looks at while it runs: memory types (this machine's memory is
 * always coherent, so they are kept and change nothing), machine check, latches. {@link CpuState} holds the others.
 */
public final class MsrBank {
    /** Variable memory-type ranges. */
    public static final int VARIABLE_RANGES = 8;

    /** Fixed memory-type registers: one of 64 KiB ranges, two of 16 KiB, eight of 4 KiB. */
    public static final int FIXED_RANGES = 11;

    /** Machine-check banks. */
    public static final int MC_BANKS = 2;

    /** IA32_MTRR_DEF_TYPE bits E and FE (SDM vol. 3, section 12.11.2.1). */
    public static final int DEF_TYPE_E = 1 << 11;

    public static final int DEF_TYPE_FE = 1 << 10;

    /** Bit V of IA32_MTRR_PHYSMASKn. */
    public static final int PHYSMASK_V = 1 << 11;

    /** Memory types, SDM vol. 3, table 12-2. */
    public static final int TYPE_UC = 0;

    public static final int TYPE_WC = 1;
    public static final int TYPE_WT = 4;
    public static final int TYPE_WP = 5;
    public static final int TYPE_WB = 6;

    /** PAT only: UC that MTRRs may override. */
    public static final int TYPE_UC_MINUS = 7;

    /** IA32_MISC_ENABLE after reset: fast strings, no branch trace, no precise event sampling. */
    private static final long MISC_ENABLE_RESET = 1L | 1L << 11 | 1L << 12;

    private static final long PAT_RESET = 0x0007_0406_0007_0406L;

    /** Eight fixed ranges of write-back memory. */
    private static final long FIXED_WB = 0x0606_0606_0606_0606L;

    public long pat;
    public long miscEnable;
    public long tscAdjust;
    public long specCtrl;
    public long debugCtl;
    public long biosSignId;
    public long mcgStatus;
    public long mcgCtl;
    public long mtrrDefType;

    /** PHYSBASE and PHYSMASK alternating. */
    public final long[] mtrrVariable = new long[2 * VARIABLE_RANGES];

    /** In the order of the MSR numbers. */
    public final long[] mtrrFixed = new long[FIXED_RANGES];

    /** CTL, STATUS, ADDR and MISC of each bank. */
    public final long[] machineCheck = new long[4 * MC_BANKS];

    /** AMD's configuration registers that system software sets and reads back, keyed by {@code MsrOps}. */
    public final long[] amd = new long[16];

    MsrBank() {
        powerOn();
    }

    /** Index of IA32_MTRR_PHYSBASEn or IA32_MTRR_PHYSMASKn in {@link #mtrrVariable}, or -1. */
    public static int variableRange(int msr) {
        int i = msr - Msr.MTRR_PHYSBASE0;
        return i >= 0 && i < 2 * VARIABLE_RANGES ? i : -1;
    }

    /** Index of a register of fixed ranges in {@link #mtrrFixed}, or -1. */
    public static int fixedRange(int msr) {
        switch (msr) {
            case Msr.MTRR_FIX64K_00000:
                return 0;
            case Msr.MTRR_FIX16K_80000:
                return 1;
            case Msr.MTRR_FIX16K_A0000:
                return 2;
            default:
                return msr >= Msr.MTRR_FIX4K_C0000 && msr <= Msr.MTRR_FIX4K_F8000 ? 3 + msr - Msr.MTRR_FIX4K_C0000 : -1;
        }
    }

    /** Power-on values (SDM vol. 3, table 10-1). */
    public void powerOn() {
        init();
        tscAdjust = 0;
        biosSignId = 0;
        mcgStatus = 0;
        mcgCtl = 0;
        Arrays.fill(machineCheck, 0);
        pat = PAT_RESET;
        mtrrDefType = 0;
        Arrays.fill(mtrrVariable, 0);
        Arrays.fill(mtrrFixed, 0);
        Arrays.fill(amd, 0);
    }

    /** INIT: memory types, the PAT and machine check survive it. */
    public void init() {
        miscEnable = MISC_ENABLE_RESET;
        specCtrl = 0;
        debugCtl = 0;
    }

    /**
     * The memory types a firmware leaves: write-back by default, uncached from A0000h to BFFFFh and in the hole for
     * devices below 4 GiB. For a machine that starts a kernel without firmware.
     *
     * @param holeStart physical address where RAM below 4 GiB ends and the hole begins, a power of two distance below
     *     4 GiB
     * @param physicalBits physical address width of the processor
     */
    public void setFirmwareTypes(long holeStart, int physicalBits) {
        Arrays.fill(mtrrFixed, FIXED_WB);
        mtrrFixed[2] = 0;
        Arrays.fill(mtrrVariable, 0);
        mtrrVariable[0] = holeStart | TYPE_UC;
        long size = (1L << 32) - holeStart;
        mtrrVariable[1] = (1L << physicalBits) - size | PHYSMASK_V;
        mtrrDefType = DEF_TYPE_E | DEF_TYPE_FE | TYPE_WB;
    }
}
