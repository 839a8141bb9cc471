package dev.veery.acpi;

/** The DMA Remapping Reporting table (VT-d 8.1). */
final class Dmar {
    private static final int REVISION = 1;
    private static final int FLAG_INTR_REMAP = 1;

    private static final int DRHD = 0;
    private static final int RMRR = 1;
    private static final int ATSR = 2;
    private static final int INCLUDE_PCI_ALL = 1;
    private static final int ALL_PORTS = 1;

    /** 8.3.1: device scopes, each with a path of one step. */
    private static final int SCOPE_ENDPOINT = 1;

    private static final int SCOPE_IOAPIC = 3;
    private static final int SCOPE_LENGTH = 8;

    private Dmar() {}

    static byte[] build(AcpiPlatform.Iommu iommu) {
        Table t = new Table("DMAR", REVISION);
        t.u8(iommu.addressWidth() - 1)
                .u8(iommu.interruptRemapping() ? FLAG_INTR_REMAP : 0)
                .zeros(10);
        // One unit for everything on PCI, and for the I/O APIC, whose id in the MADT is 0.
        t.u16(DRHD).u16(16 + SCOPE_LENGTH).u8(INCLUDE_PCI_ALL).u8(0).u16(0).u64(iommu.base());
        scope(t, SCOPE_IOAPIC, 0, iommu.ioApicSource());
        for (AcpiPlatform.ReservedMemory memory : iommu.reserved()) {
            t.u16(RMRR).u16(24 + SCOPE_LENGTH * memory.sources().size()).u16(0).u16(0);
            t.u64(memory.first()).u64(memory.last());
            memory.sources().forEach(source -> scope(t, SCOPE_ENDPOINT, 0, source));
        }
        if (iommu.deviceTlb()) {
            t.u16(ATSR).u16(8).u8(ALL_PORTS).u8(0).u16(0);
        }
        return t.finish();
    }

    private static void scope(Table t, int type, int id, int source) {
        t.u8(type).u8(SCOPE_LENGTH).u16(0).u8(id).u8(source >> 8).u8(source >> 3 & 0x1f);
        t.u8(source & 7);
    }
}
