package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/**
 * Access control services of a port that leads down (PCI Express 5.0, 7.7.11). Requests between devices always go up here,
 * so that the controls have nothing to switch; guests want to see them before they isolate what is below.
 */
public final class AcsCapability {
    /** Extended capability id. */
    public static final int ID = 0x000d;

    public static final int VERSION = 1;

    /** Bytes of configuration space. */
    public static final int LENGTH = 8;

    private static final int CAPABILITY = 4;
    private static final int CONTROL = 6;
    /** Source validation, translation blocking, request and completion redirect, upstream forwarding, direct translated. */
    private static final int SERVICES = 1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6;

    private AcsCapability() {}

    /** Declares the registers at {@code offset}. */
    public static void declare(RegisterBank config, int offset) {
        config.declare(offset + CAPABILITY, 2, SERVICES, 0);
        config.declare(offset + CONTROL, 2, 0, SERVICES);
    }
}
