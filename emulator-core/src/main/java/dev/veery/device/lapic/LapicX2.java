package dev.veery.device.lapic;

/** The MSRs of x2APIC mode (SDM 11.12.1.2), with their #GP rules. */
final class LapicX2 {
    static final int FIRST_MSR = 0x800;

    private LapicX2() {}

    static long read(LapicBank bank, int msr) {
        int reg = msr - FIRST_MSR;
        return reg == LapicRegs.ICR ? bank.readIcr() : bank.read(reg) & 0xffffffffL;
    }

    /** False for #GP: not writable, or a reserved bit set. */
    static boolean write(LapicBank bank, int msr, long value, boolean tscDeadline) {
        int reg = msr - FIRST_MSR;
        if (!LapicRegs.x2Writable(reg)) {
            return false;
        }
        if (reg == LapicRegs.ICR) {
            if ((value & LapicRegs.X2_ICR_RESERVED) != 0) {
                return false;
            }
            bank.writeIcr(value);
            return true;
        }
        if ((value & ~(LapicRegs.x2Allowed(reg, tscDeadline) & 0xffffffffL)) != 0) {
            return false;
        }
        bank.write(reg, (int) value);
        return true;
    }
}
