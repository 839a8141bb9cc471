package dev.veery.bus.pci;

/** Offsets and bits of the type 0 configuration header (PCI 3.0, 6.1 and 6.2). */
public final class PciRegs {
    public static final int VENDOR_ID = 0x00;
    public static final int DEVICE_ID = 0x02;
    public static final int COMMAND = 0x04;
    public static final int STATUS = 0x06;
    public static final int REVISION_ID = 0x08;
    public static final int CLASS_CODE = 0x09;
    public static final int CACHE_LINE_SIZE = 0x0c;
    public static final int HEADER_TYPE = 0x0e;
    public static final int BAR0 = 0x10;
    public static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    public static final int SUBSYSTEM_ID = 0x2e;
    public static final int EXPANSION_ROM = 0x30;
    public static final int CAPABILITIES = 0x34;
    public static final int INTERRUPT_LINE = 0x3c;
    public static final int INTERRUPT_PIN = 0x3d;

    /** End of the header; capabilities follow. */
    public static final int HEADER_END = 0x40;

    // The type 1 header, of bridges (PCI-to-PCI Bridge Architecture 1.2, chapter 3).
    public static final int PRIMARY_BUS = 0x18;
    public static final int SECONDARY_BUS = 0x19;
    public static final int SUBORDINATE_BUS = 0x1a;
    public static final int IO_BASE = 0x1c;
    public static final int IO_LIMIT = 0x1d;
    public static final int SECONDARY_STATUS = 0x1e;
    public static final int MEMORY_BASE = 0x20;
    public static final int MEMORY_LIMIT = 0x22;
    public static final int PREFETCH_BASE = 0x24;
    public static final int PREFETCH_LIMIT = 0x26;
    public static final int PREFETCH_BASE_UPPER = 0x28;
    public static final int PREFETCH_LIMIT_UPPER = 0x2c;
    public static final int IO_BASE_UPPER = 0x30;
    public static final int IO_LIMIT_UPPER = 0x32;
    public static final int BRIDGE_CONTROL = 0x3e;

    public static final int COMMAND_IO = 1;
    public static final int COMMAND_MEMORY = 1 << 1;
    public static final int COMMAND_MASTER = 1 << 2;
    public static final int COMMAND_PARITY = 1 << 6;
    public static final int COMMAND_SERR = 1 << 8;
    public static final int COMMAND_INTX_DISABLE = 1 << 10;

    public static final int STATUS_INTERRUPT = 1 << 3;
    public static final int STATUS_CAPABILITIES = 1 << 4;
    /** Error bits, cleared by writing ones. */
    public static final int STATUS_W1C = 0xf900;

    public static final int HEADER_BRIDGE = 1;
    public static final int HEADER_MULTIFUNCTION = 1 << 7;

    /** Bytes of conventional configuration space. */
    public static final int CONFIG_SIZE = 256;

    /** Bytes of PCI Express configuration space. */
    public static final int EXPRESS_CONFIG_SIZE = 4096;

    private PciRegs() {}
}
