package dev.veery.q35.chipset;

import dev.veery.base.Units;
import dev.veery.memory.MemoryRegion;

/**
 * The programmable attribute map (MCH 5.1.18 to 5.1.24): for 13 windows between C0000h and FFFFFh, whether reads and
 * writes reach RAM or PCI.
 *
 * <p>DEVIATION: a window that only writes to RAM is treated as one that reaches PCI altogether, and a read-only one drops
 * writes instead of passing them on; firmware uses the latter only over memory where nothing listens. QEMU does the same.
 */
final class PamWindows {
    /** PAM0 to PAM6. */
    static final int REGISTERS = 7;

    /** Two bits a window: reads, writes. */
    static final int READ = 1;

    static final int WRITE = 2;

    private static final int FIRST = 0xc_0000;
    private static final int SYSTEM_BIOS = 0xf_0000;
    private static final int SMALL = (int) (16 * Units.KIB);
    private static final int LARGE = (int) (64 * Units.KIB);
    private static final int WINDOWS = 13;

    private final MemoryRegion[] pci = new MemoryRegion[WINDOWS];
    private final MemoryRegion[] readOnly = new MemoryRegion[WINDOWS];

    /**
     * Puts the windows above RAM.
     *
     * @param memory the system's memory
     * @param lowRam RAM from address 0
     * @param pciMemory what the host bridge forwards
     */
    PamWindows(MemoryRegion memory, MemoryRegion lowRam, MemoryRegion pciMemory) {
        for (int i = 0; i < WINDOWS; i++) {
            int base = base(i);
            int size = i == 0 ? LARGE : SMALL;
            pci[i] = MemoryRegion.alias("pam-pci-" + Integer.toHexString(base), pciMemory, base, size);
            readOnly[i] = MemoryRegion.alias("pam-rom-" + Integer.toHexString(base), lowRam, base, size);
            readOnly[i].setReadOnly(true);
            readOnly[i].setEnabled(false);
            memory.addChild(base, pci[i], 1);
            memory.addChild(base, readOnly[i], 1);
        }
    }

    /** Window 0 is the system BIOS, governed by the high nibble of PAM0; the others follow from C0000h, two a register. */
    private static int base(int window) {
        return window == 0 ? SYSTEM_BIOS : FIRST + (window - 1) * SMALL;
    }

    /** Takes over what a register says. */
    void update(int register, int value) {
        if (register == 0) {
            set(0, value >> 4);
        } else {
            set(2 * register - 1, value);
            set(2 * register, value >> 4);
        }
    }

    private void set(int window, int mode) {
        pci[window].setEnabled((mode & READ) == 0);
        readOnly[window].setEnabled((mode & (READ | WRITE)) == READ);
    }
}
