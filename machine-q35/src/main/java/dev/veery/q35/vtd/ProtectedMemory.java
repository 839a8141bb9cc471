package dev.veery.q35.vtd;

import dev.veery.base.Unsigned;
import dev.veery.register.RegisterBank;

/** The two protected memory regions (VT-d 11.4.8), in units of 2 MiB, into which no DMA goes. */
final class ProtectedMemory {
    private static final long UNIT = 1L << 21;

    private final RegisterBank bank;
    private boolean enabled;
    private long lowBase;
    private long lowLast;
    private long highBase;
    private long highLast;

    ProtectedMemory(RegisterBank bank, int width) {
        this.bank = bank;
        long writable = (1L << width) - UNIT;
        bank.declare(VtdRegs.PMEN, 4, 0, VtdRegs.PMEN_EPM);
        bank.declare(VtdRegs.PLMBASE, 4, 0, writable & 0xffff_ffffL);
        bank.declare(VtdRegs.PLMLIMIT, 4, 0, writable & 0xffff_ffffL);
        bank.declare(VtdRegs.PHMBASE, 8, 0, writable);
        bank.declare(VtdRegs.PHMLIMIT, 8, 0, writable);
    }

    /** PMEN was written, or the registers were reset; the bounds count as they are at that moment. */
    void update() {
        enabled = (bank.get(VtdRegs.PMEN, 4) & VtdRegs.PMEN_EPM) != 0;
        bank.setBits(VtdRegs.PMEN, 4, VtdRegs.PMEN_PRS, enabled);
        lowBase = bank.get(VtdRegs.PLMBASE, 4);
        lowLast = bank.get(VtdRegs.PLMLIMIT, 4) + UNIT - 1;
        highBase = bank.get(VtdRegs.PHMBASE, 8);
        highLast = bank.get(VtdRegs.PHMLIMIT, 8) + UNIT - 1;
    }

    /** Whether a device must not reach an address. */
    boolean covers(long address) {
        return enabled
                && (Unsigned.le(lowBase, address) && Unsigned.le(address, lowLast)
                        || Unsigned.le(highBase, address) && Unsigned.le(address, highLast));
    }

    /** How many of {@code length} bytes from an uncovered address on lie in the same unit; all while disabled. */
    long run(long address, long length) {
        long room = UNIT - (address & UNIT - 1);
        return !enabled || Unsigned.le(length, room) ? length : room;
    }
}
