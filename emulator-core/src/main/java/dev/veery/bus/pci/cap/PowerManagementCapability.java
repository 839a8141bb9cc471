package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/** Power management: the states D0 and D3hot (PCI Power Management 1.2, 3.2). */
public final class PowerManagementCapability {
    /** Capability id. */
    public static final int ID = 0x01;

    /** Bytes of configuration space. */
    public static final int LENGTH = 8;

    private static final int PMC = 2;
    private static final int PMC_VERSION_1_2 = 3;
    private static final int PMCSR = 4;
    private static final int POWER_STATE = 3;
    /** A return from D3hot to D0 keeps the function's registers. */
    private static final int NO_SOFT_RESET = 1 << 3;

    private final RegisterBank config;
    private final int offset;

    /** Declares the registers; {@code offset} is that of the capability, whose header the device has written. */
    public PowerManagementCapability(RegisterBank config, int offset) {
        this.config = config;
        this.offset = offset;
        config.declare(offset + PMC, 2, PMC_VERSION_1_2, 0);
        config.declare(offset + PMCSR, 2, NO_SOFT_RESET, POWER_STATE);
    }

    /** Whether the function is in D0. The unsupported D1 and D2 count as D3hot. */
    public boolean awake() {
        return (config.get(offset + PMCSR, 2) & POWER_STATE) == 0;
    }

    /** Whether an access of {@code bytes} at {@code at} reaches the state. */
    public boolean covers(int at, int bytes) {
        return at <= offset + PMCSR && at + bytes > offset + PMCSR;
    }
}
