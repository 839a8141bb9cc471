package dev.veery.explain;

import dev.veery.linux.sysfs.HostPciDevice;

/**
 * How a function interrupts, from its configuration space (PCI 3.0, 6.7 and 6.8). Whoever is not root sees its first 64 bytes
 * only, and so no capabilities.
 *
 * @param readable whether capabilities could be read
 * @param pin 0 for none, 1 to 4 for INTA to INTD
 * @param msi vectors of MSI, 0 for none
 * @param msix vectors of MSI-X, 0 for none
 */
record Capabilities(boolean readable, int pin, int msi, int msix) {
    private static final int HEADER = 0x40;
    private static final int STATUS = 0x06;
    private static final int STATUS_CAPABILITIES = 0x10;
    private static final int POINTER = 0x34;
    private static final int INTERRUPT_PIN = 0x3d;
    private static final int ID_MSI = 0x05;
    private static final int ID_MSIX = 0x11;

    /** No chain in 192 bytes is longer; a device that says otherwise does not keep us. */
    private static final int MAX_CAPABILITIES = 48;

    static Capabilities of(HostPciDevice device) {
        byte[] config = device.config();
        int pin = config.length >= HEADER ? config[INTERRUPT_PIN] & 0xff : 0;
        if (pin > 4) {
            pin = 0;
        }
        if (config.length < 4 * HEADER) {
            return new Capabilities(false, pin, 0, 0);
        }
        int msi = 0;
        int msix = 0;
        int at = (config[STATUS] & STATUS_CAPABILITIES) == 0 ? 0 : config[POINTER] & 0xfc;
        for (int n = 0; n < MAX_CAPABILITIES && at >= HEADER; n++) {
            int control = at + 3 < config.length ? config[at + 2] & 0xff | (config[at + 3] & 0xff) << 8 : 0;
            if ((config[at] & 0xff) == ID_MSI) {
                msi = 1 << (control >> 1 & 7);
            } else if ((config[at] & 0xff) == ID_MSIX) {
                msix = (control & 0x7ff) + 1;
            }
            at = config[at + 1] & 0xfc;
        }
        return new Capabilities(true, pin, msi, msix);
    }
}
