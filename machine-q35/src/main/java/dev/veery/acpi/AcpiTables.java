package dev.veery.acpi;

import dev.veery.base.Bits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lays out all tables of a platform as one block of guest memory. */
public final class AcpiTables {
    private static final int RSDP_LENGTH = 36;
    private static final int RSDP_V1_LENGTH = 20;
    private static final int FACS_LENGTH = 64;
    private static final int FACS_ALIGNMENT = 64;
    private static final int TABLE_ALIGNMENT = 16;
    /** HPET 3.2.4: revision 1, three 64-bit comparators, legacy replacement, Intel. */
    private static final long HPET_BLOCK_ID = 0x8086_a201L;

    private AcpiTables() {}

    /**
     * The finished block.
     *
     * @param address where it must be placed
     * @param bytes its contents; the RSDP comes first
     * @param tables each table by its signature, for inspection
     */
    public record Image(long address, byte[] bytes, Map<String, byte[]> tables) {
        /** Physical address of the RSDP. */
        public long rsdp() {
            return address;
        }
    }

    /**
     * Builds the block.
     *
     * @param address a multiple of 64, below 4 GiB; at 0xE0000 to 0xFFFFF the RSDP is found by scanning (ACPI 5.2.5.1)
     */
    public static Image build(AcpiPlatform platform, long address) {
        if (address % FACS_ALIGNMENT != 0 || address >>> 32 != 0) {
            throw new IllegalArgumentException("ACPI tables at " + Long.toHexString(address));
        }
        Layout layout = new Layout(address + RSDP_LENGTH);
        long facs = layout.place("FACS", facs(), FACS_ALIGNMENT);
        long dsdt = layout.place("DSDT", Dsdt.build(platform), TABLE_ALIGNMENT);
        List<Long> listed = new ArrayList<>();
        listed.add(layout.place("FACP", Fadt.build(platform, facs, dsdt), TABLE_ALIGNMENT));
        listed.add(layout.place("APIC", Madt.build(platform), TABLE_ALIGNMENT));
        listed.add(layout.place("MCFG", mcfg(platform), TABLE_ALIGNMENT));
        if (platform.hpetBase() != 0) {
            listed.add(layout.place("HPET", hpet(platform), TABLE_ALIGNMENT));
        }
        AcpiPlatform.Iommu iommu = platform.iommu();
        if (iommu != null) {
            listed.add(layout.place("DMAR", Dmar.build(iommu), TABLE_ALIGNMENT));
        }
        Table rsdt = new Table("RSDT", 1);
        Table xsdt = new Table("XSDT", 1);
        for (long table : listed) {
            rsdt.u32(table);
            xsdt.u64(table);
        }
        long rsdtAddress = layout.place("RSDT", rsdt.finish(), TABLE_ALIGNMENT);
        long xsdtAddress = layout.place("XSDT", xsdt.finish(), TABLE_ALIGNMENT);
        layout.tables.put("RSD PTR ", rsdp(rsdtAddress, xsdtAddress));
        return layout.image(address);
    }

    private static byte[] rsdp(long rsdt, long xsdt) {
        ByteBuffer b = ByteBuffer.allocate(RSDP_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        b.put("RSD PTR ".getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
        b.put(Table.OEM_ID.getBytes(StandardCharsets.US_ASCII)).put((byte) 2);
        b.putInt((int) rsdt).putInt(RSDP_LENGTH).putLong(xsdt);
        Table.checksum(b.array(), 0, RSDP_V1_LENGTH, 8);
        Table.checksum(b.array(), 0, RSDP_LENGTH, 32);
        return b.array();
    }

    private static byte[] facs() {
        ByteBuffer b = ByteBuffer.allocate(FACS_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        b.put("FACS".getBytes(StandardCharsets.US_ASCII)).putInt(FACS_LENGTH);
        return b.array();
    }

    private static byte[] mcfg(AcpiPlatform platform) {
        Table t = new Table("MCFG", 1).zeros(8);
        return t.u64(platform.ecamBase())
                .u16(0)
                .u8(0)
                .u8(platform.lastBus())
                .u32(0)
                .finish();
    }

    private static byte[] hpet(AcpiPlatform platform) {
        Table t = new Table("HPET", 1).u32(HPET_BLOCK_ID);
        t.u8(0).u8(0).u8(0).u8(0).u64(platform.hpetBase());
        return t.u8(0).u16(0).u8(0).finish();
    }

    /** Assigns addresses in the order of placement. */
    private static final class Layout {
        private final Map<String, byte[]> tables = new LinkedHashMap<>();
        private final Map<String, Long> places = new LinkedHashMap<>();
        private long next;

        Layout(long start) {
            next = start;
        }

        long place(String signature, byte[] table, int alignment) {
            long at = Bits.alignUp(next, alignment);
            tables.put(signature, table);
            places.put(signature, at);
            next = at + table.length;
            return at;
        }

        Image image(long address) {
            byte[] all = new byte[(int) (next - address)];
            tables.forEach((signature, table) -> {
                int at = (int) (places.getOrDefault(signature, address) - address);
                System.arraycopy(table, 0, all, at, table.length);
            });
            return new Image(address, all, Collections.unmodifiableMap(tables));
        }
    }
}
