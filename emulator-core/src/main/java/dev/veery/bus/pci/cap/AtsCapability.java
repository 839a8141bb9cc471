package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/**
 * Address translation services (PCI Express 5.0, 10.5.1). Devices here never keep translations of their own: each access
 * is translated on its way, and an invalidation of a device's TLB is done as soon as it is asked for.
 */
public final class AtsCapability {
    /** Extended capability id. */
    public static final int ID = 0x000f;

    public static final int VERSION = 1;

    /** Bytes of configuration space. */
    public static final int LENGTH = 8;

    private static final int CAPABILITY = 4;
    /** Invalidations are of whole pages. */
    private static final int PAGE_ALIGNED = 1 << 5;

    private static final int CONTROL = 6;
    private static final int SMALLEST_UNIT = 0x1f;
    private static final int ENABLE = 1 << 15;

    private final RegisterBank config;
    private final int offset;

    /** Declares the registers at {@code offset}. */
    public AtsCapability(RegisterBank config, int offset) {
        this.config = config;
        this.offset = offset;
        config.declare(offset + CAPABILITY, 2, PAGE_ALIGNED, 0);
        config.declare(offset + CONTROL, 2, 0, SMALLEST_UNIT | ENABLE);
    }

    /** Whether software has switched it on. */
    public boolean enabled() {
        return (config.get(offset + CONTROL, 2) & ENABLE) != 0;
    }
}
