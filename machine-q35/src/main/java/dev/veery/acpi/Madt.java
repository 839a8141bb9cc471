package dev.veery.acpi;

/** The Multiple APIC Description Table (ACPI 5.2.12). */
final class Madt {
    private static final int REVISION = 4;
    /** Two 8259s are present too. */
    private static final int PCAT_COMPAT = 1;

    private static final int LOCAL_APIC = 0;
    private static final int IO_APIC = 1;
    private static final int SOURCE_OVERRIDE = 2;
    private static final int LOCAL_APIC_NMI = 4;
    private static final int LOCAL_X2APIC = 9;
    private static final int LOCAL_X2APIC_NMI = 0xa;

    /** APIC ids above this do not fit the 8-bit structure: 255 is the broadcast id. */
    private static final int LAST_XAPIC_ID = 254;

    private static final int ENABLED = 1;
    private static final int ALL_PROCESSORS = 0xff;
    private static final int BUS_ISA = 0;
    /** MPS flags: polarity high, trigger level. */
    private static final int LEVEL_HIGH = 0b1101;

    private Madt() {}

    static byte[] build(AcpiPlatform platform) {
        Table t = new Table("APIC", REVISION);
        t.u32(platform.lapicBase()).u32(PCAT_COMPAT);
        boolean wide = false;
        for (int unit = 0; unit < platform.cpus(); unit++) {
            int id = platform.apicIds().get(unit);
            if (id <= LAST_XAPIC_ID && unit <= LAST_XAPIC_ID) {
                t.u8(LOCAL_APIC).u8(8).u8(unit).u8(id).u32(ENABLED);
            } else {
                t.u8(LOCAL_X2APIC).u8(16).u16(0).u32(id).u32(ENABLED).u32(unit);
                wide = true;
            }
        }
        t.u8(IO_APIC).u8(12).u8(0).u8(0).u32(platform.ioApicBase()).u32(0);
        // The PIT's wire goes to input 2; its flags conform to the bus.
        t.u8(SOURCE_OVERRIDE).u8(10).u8(BUS_ISA).u8(0).u32(2).u16(0);
        t.u8(SOURCE_OVERRIDE).u8(10).u8(BUS_ISA).u8(platform.sci()).u32(platform.sci());
        t.u16(LEVEL_HIGH);
        t.u8(LOCAL_APIC_NMI).u8(6).u8(ALL_PROCESSORS).u16(0).u8(1);
        if (wide) {
            t.u8(LOCAL_X2APIC_NMI).u8(12).u16(0).u32(-1L).u8(1).zeros(3);
        }
        return t.finish();
    }
}
