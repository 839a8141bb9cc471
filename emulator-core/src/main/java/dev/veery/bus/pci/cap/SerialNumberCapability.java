package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/** The serial number of a device (PCI Express 5.0, 7.9.3). */
public final class SerialNumberCapability {
    /** Extended capability id. */
    public static final int ID = 0x0003;

    public static final int VERSION = 1;

    /** Bytes of configuration space. */
    public static final int LENGTH = 12;

    private static final int NUMBER = 4;

    private SerialNumberCapability() {}

    /** Declares the registers at {@code offset}; {@code number} is an EUI-64. */
    public static void declare(RegisterBank config, int offset, long number) {
        config.declare(offset + NUMBER, 8, number, 0);
    }
}
