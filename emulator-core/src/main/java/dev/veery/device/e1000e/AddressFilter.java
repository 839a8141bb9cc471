package dev.veery.device.e1000e;

import dev.veery.memory.access.OffHeap;
import dev.veery.register.RegisterBank;

/** Which frames are for the host (7.1.1). */
final class AddressFilter {
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    /** By RCTL.MO: where in the address the 12 bits begin that select a bit of the MTA. */
    private static final int[] MULTICAST_SHIFT = {36, 35, 34, 32};

    private static final int HASH = 0xfff;

    private AddressFilter() {}

    static boolean accepts(RegisterBank bank, long host) {
        int rctl = (int) bank.get(Regs.RCTL, 4);
        long to = OffHeap.getInt(host) & 0xffff_ffffL | (long) OffHeap.getChar(host + 4) << 32;
        if (to == BROADCAST) {
            return (rctl & (Regs.RCTL_BAM | Regs.RCTL_MPE)) != 0;
        }
        if ((to & 1) != 0 && (rctl & Regs.RCTL_MPE) != 0 || (to & 1) == 0 && (rctl & Regs.RCTL_UPE) != 0) {
            return true;
        }
        for (int i = 0; i < Regs.RA_ENTRIES; i++) {
            long entry = bank.get(Regs.RAL + 8 * i, 8);
            if ((entry >>> 32 & Regs.RAH_AV) != 0 && (entry & BROADCAST) == to) {
                return true;
            }
        }
        if ((to & 1) == 0) {
            return false;
        }
        int hash = (int) (to >>> MULTICAST_SHIFT[rctl >>> Regs.RCTL_MO_SHIFT & 3]) & HASH;
        return bit(bank, Regs.MTA, hash);
    }

    /** 7.1.1.3: whether frames of a VLAN are for the host. */
    static boolean acceptsVlan(RegisterBank bank, int tag) {
        boolean filtering = (bank.get(Regs.RCTL, 4) & Regs.RCTL_VFE) != 0;
        return !filtering || bit(bank, Regs.VFTA, tag & HASH);
    }

    private static boolean bit(RegisterBank bank, int table, int index) {
        return (bank.get(table + 4 * (index >>> 5), 4) >>> (index & 31) & 1) != 0;
    }
}
