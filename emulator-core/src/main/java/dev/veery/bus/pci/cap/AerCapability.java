package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/**
 * The registers of advanced error reporting (PCI Express 5.0, 7.8.4). No error ever happens on these links, so that they
 * only remember what software writes.
 */
public final class AerCapability {
    /** Extended capability id. */
    public static final int ID = 0x0001;

    public static final int VERSION = 2;

    /** Bytes of configuration space. */
    public static final int LENGTH = 0x48;

    private static final int UNCORRECTABLE_STATUS = 0x04;
    private static final int UNCORRECTABLE_MASK = 0x08;
    private static final int UNCORRECTABLE_SEVERITY = 0x0c;
    private static final int CORRECTABLE_STATUS = 0x10;
    private static final int CORRECTABLE_MASK = 0x14;
    private static final int CONTROL = 0x18;
    private static final int ROOT_COMMAND = 0x2c;
    private static final int ROOT_STATUS = 0x30;

    /** Data link, surprise down, poisoned, flow control, timeout, abort, unexpected, overflow, malformed, ECRC, UR, ACS, internal. */
    private static final long UNCORRECTABLE = 0x007f_f030L;

    private static final long INTERNAL = 1 << 22;
    private static final long SEVERITY_RESET = 0x0046_2030L;
    private static final long CORRECTABLE = 0xf1c1L;
    /** Advisory, internal, header log overflow. */
    private static final long CORRECTABLE_MASK_RESET = 0xe000L;

    private static final long ROOT_COMMAND_ENABLES = 7;
    private static final long ROOT_STATUS_W1C = 0x7f;

    private AerCapability() {}

    /** Declares the registers at {@code offset}; those of a root port as well. */
    public static void declare(RegisterBank config, int offset, boolean rootPort) {
        config.declareWriteOneToClear(offset + UNCORRECTABLE_STATUS, 4, UNCORRECTABLE);
        config.declare(offset + UNCORRECTABLE_MASK, 4, INTERNAL, UNCORRECTABLE);
        config.declare(offset + UNCORRECTABLE_SEVERITY, 4, SEVERITY_RESET, UNCORRECTABLE);
        config.declareWriteOneToClear(offset + CORRECTABLE_STATUS, 4, CORRECTABLE);
        config.declare(offset + CORRECTABLE_MASK, 4, CORRECTABLE_MASK_RESET, CORRECTABLE);
        config.declare(offset + CONTROL, 4, 0, 0);
        if (rootPort) {
            config.declare(offset + ROOT_COMMAND, 4, 0, ROOT_COMMAND_ENABLES);
            config.declareWriteOneToClear(offset + ROOT_STATUS, 4, ROOT_STATUS_W1C);
        }
    }
}
