package dev.veery.acpi;

/** The Fixed ACPI Description Table, revision 3 (ACPI 5.2.9), of a chip set that is in ACPI mode from reset. */
final class Fadt {
    /** Written to the reset register: a full platform reset in the ICH9's CF9h (ICH9 13.7.5: SYS_RST, RST_CPU). */
    static final int RESET_VALUE = 0x0e;

    private static final int REVISION = 3;
    /** IA-PC boot flags: ISA devices exist, a keyboard controller exists, no VGA may be probed. */
    private static final int LEGACY_DEVICES = 1;

    private static final int I8042 = 1 << 1;
    private static final int VGA_NOT_PRESENT = 1 << 2;

    private static final int WBINVD = 1;
    private static final int PROC_C1 = 1 << 2;
    /** The sleep button is not fixed hardware: there is none. */
    private static final int SLP_BUTTON = 1 << 5;

    private static final int RESET_REG_SUP = 1 << 10;
    private static final int USE_PLATFORM_CLOCK = 1 << 15;
    private static final int FORCE_APIC_CLUSTER_MODEL = 1 << 18;
    /** Flat logical addressing has one bit a processor, eight in all. */
    private static final int FLAT_LOGICAL_LIMIT = 8;

    /** A worst-case latency that says the C-state does not exist. */
    private static final int NO_C2 = 101;

    private static final int NO_C3 = 1001;

    private static final int DESKTOP = 1;
    private static final int CENTURY_CMOS_INDEX = 0x32;

    private static final int PM1_EVT_LENGTH = 4;
    private static final int PM1_CNT_LENGTH = 2;
    private static final int PM_TMR_LENGTH = 4;
    private static final int GPE0_LENGTH = 16;

    private Fadt() {}

    static byte[] build(AcpiPlatform platform, long facs, long dsdt) {
        int event = platform.pmBase();
        int control = platform.pmBase() + 4;
        int timer = platform.pmBase() + 8;
        int gpe0 = platform.pmBase() + 0x20;
        Table t = new Table("FACP", REVISION);
        t.u32(facs).u32(dsdt);
        t.u8(0).u8(DESKTOP).u16(platform.sci());
        // SMI command port 0: there is no legacy mode to switch from, SCI_EN is set at reset.
        t.u32(0).u8(0).u8(0).u8(0).u8(0);
        t.u32(event).u32(0).u32(control).u32(0).u32(0).u32(timer).u32(gpe0).u32(0);
        t.u8(PM1_EVT_LENGTH).u8(PM1_CNT_LENGTH).u8(0).u8(PM_TMR_LENGTH);
        t.u8(GPE0_LENGTH).u8(0).u8(0).u8(0);
        t.u16(NO_C2).u16(NO_C3).u16(0).u16(0).u8(0).u8(0);
        t.u8(0).u8(0).u8(CENTURY_CMOS_INDEX);
        t.u16(LEGACY_DEVICES | (platform.i8042() ? I8042 : 0) | (platform.vga() ? 0 : VGA_NOT_PRESENT));
        t.u8(0);
        t.u32(WBINVD
                | PROC_C1
                | SLP_BUTTON
                | RESET_REG_SUP
                | USE_PLATFORM_CLOCK
                | (platform.cpus() > FLAT_LOGICAL_LIMIT ? FORCE_APIC_CLUSTER_MODEL : 0));
        t.ioAddress(8, 1, platform.resetPort()).u8(RESET_VALUE).zeros(3);
        t.u64(facs).u64(dsdt);
        t.ioAddress(8 * PM1_EVT_LENGTH, 2, event).zeros(12);
        t.ioAddress(8 * PM1_CNT_LENGTH, 2, control).zeros(12);
        t.zeros(12);
        t.ioAddress(8 * PM_TMR_LENGTH, 3, timer);
        t.ioAddress(8 * GPE0_LENGTH, 1, gpe0).zeros(12);
        return t.finish();
    }
}
