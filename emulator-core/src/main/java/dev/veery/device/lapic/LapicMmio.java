package dev.veery.device.lapic;

import dev.veery.memory.MmioHandler;

/** The 4 KiB register page of xAPIC mode (SDM 11.4.1): 32-bit registers, 16 bytes apart. */
final class LapicMmio implements MmioHandler {
    private final Lapic apic;
    private final LapicBank bank;

    LapicMmio(Lapic apic, LapicBank bank) {
        this.apic = apic;
        this.bank = bank;
    }

    /** All ones when there is no page. Part of a register may be read; the space between registers is zero. */
    @Override
    public long read(long offset, int size) {
        if (apic.mmioBase() < 0) {
            return -1;
        }
        int reg = (int) offset >>> 4;
        if (!LapicRegs.inXapic(reg)) {
            bank.raiseError(LapicRegs.ESR_ILLEGAL_REGISTER);
            return 0;
        }
        int within = (int) offset & 0xf;
        return within < Integer.BYTES ? (bank.read(reg) & 0xffffffffL) >>> within * 8 : 0;
    }

    /** Only whole registers can be written. */
    @Override
    public void write(long offset, int size, long value) {
        if (apic.mmioBase() < 0 || size != Integer.BYTES || (offset & 0xf) != 0) {
            return;
        }
        int reg = (int) offset >>> 4;
        if (LapicRegs.inXapic(reg)) {
            bank.write(reg, (int) value);
        } else {
            bank.raiseError(LapicRegs.ESR_ILLEGAL_REGISTER);
        }
    }
}
