package dev.veery.device.fwcfg;

/** Selector keys of the well-known items. Numbers are little-endian; strings end in a zero byte. */
public final class FwCfgKeys {
    /** "QEMU", by which a guest knows the device. */
    public static final int SIGNATURE = 0x00;
    /** Four bytes: bit 0 the ports, bit 1 DMA. */
    public static final int ID = 0x01;
    /** 16 bytes, in the order in which a UUID is written. */
    public static final int UUID = 0x02;
    /** Eight bytes: bytes of memory. */
    public static final int RAM_SIZE = 0x03;
    /** Two bytes: whether there is no display. */
    public static final int NOGRAPHIC = 0x04;
    /** Two bytes: processors present at start. */
    public static final int NB_CPUS = 0x05;
    /** Four bytes: load address of the kernel's protected-mode part. */
    public static final int KERNEL_ADDR = 0x07;
    /** Four bytes: size of {@link #KERNEL_DATA}. */
    public static final int KERNEL_SIZE = 0x08;
    /** Four bytes: load address of the initial RAM disk. */
    public static final int INITRD_ADDR = 0x0a;
    /** Four bytes: size of {@link #INITRD_DATA}. */
    public static final int INITRD_SIZE = 0x0b;
    /** NUMA topology, eight-byte numbers. */
    public static final int NUMA = 0x0d;
    /** Two bytes: whether firmware shows its boot menu. */
    public static final int BOOT_MENU = 0x0e;
    /** Two bytes: one more than the highest APIC id. */
    public static final int MAX_CPUS = 0x0f;
    /** Four bytes: entry point of the kernel. */
    public static final int KERNEL_ENTRY = 0x10;
    /** The kernel's protected-mode part. */
    public static final int KERNEL_DATA = 0x11;
    /** The initial RAM disk. */
    public static final int INITRD_DATA = 0x12;
    /** Four bytes: load address of the command line. */
    public static final int CMDLINE_ADDR = 0x13;
    /** Four bytes: size of {@link #CMDLINE_DATA}, the final zero included. */
    public static final int CMDLINE_SIZE = 0x14;
    /** The kernel's command line. */
    public static final int CMDLINE_DATA = 0x15;
    /** Four bytes: load address of the kernel's real-mode part. */
    public static final int SETUP_ADDR = 0x16;
    /** Four bytes: size of {@link #SETUP_DATA}. */
    public static final int SETUP_SIZE = 0x17;
    /** The kernel's real-mode part. */
    public static final int SETUP_DATA = 0x18;
    /** The list of files. */
    public static final int FILE_DIR = 0x19;
    /** Key of the first file; the others follow in the order of their names. */
    public static final int FILE_FIRST = 0x20;

    /** Once asked for writing through the data port; without meaning now. */
    static final int WRITE_CHANNEL = 0x4000;
    /** Items whose meaning depends on the architecture; for x86 the next five. */
    public static final int ARCH_LOCAL = 0x8000;
    /** ACPI tables that the user added. */
    public static final int ACPI_TABLES = ARCH_LOCAL;
    /** Whether interrupt 0 arrives at pin 2 of the IOAPIC, one byte. */
    public static final int IRQ0_OVERRIDE = ARCH_LOCAL + 2;
    /** HPET description for old firmware. */
    public static final int HPET = ARCH_LOCAL + 4;

    private FwCfgKeys() {}
}
