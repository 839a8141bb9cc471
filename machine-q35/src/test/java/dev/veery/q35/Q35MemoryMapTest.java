package dev.veery.q35;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.acpi.AcpiPlatform;
import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.firmware.E820Entry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Q35MemoryMapTest {
    @ParameterizedTest
    @CsvSource({"64, 64", "512, 512", "2048, 2048", "2815, 2815", "2816, 2048", "4096, 2048", "65536, 2048"})
    void ramIsSplitBelowThePciHole(long mib, long lowMib) {
        Q35MemoryMap map = Q35MemoryMap.of(mib * Units.MIB);
        assertEquals(lowMib * Units.MIB, map.lowEnd());
        assertEquals((mib - lowMib) * Units.MIB, map.highSize());

        long usable = 0;
        long end = 0;
        for (E820Entry entry : map.e820()) {
            assertTrue(entry.base() >= end, "entries ascend");
            end = entry.end();
            usable += entry.type() == E820Entry.RAM ? entry.size() : 0;
        }
        // All but the extended BIOS data area and what lies behind it up to 1 MiB.
        assertEquals(mib * Units.MIB - (Units.MIB - Q35MemoryMap.EBDA), usable);
    }

    @ParameterizedTest
    @CsvSource({"64", "2815", "2816", "65536"})
    void pciWindowsTouchNeitherRamNorFixedDevices(long mib) {
        Q35MemoryMap map = Q35MemoryMap.of(mib * Units.MIB);
        List<AcpiPlatform.Window> windows = map.pciWindows();
        for (AcpiPlatform.Window window : windows) {
            assertTrue(window.first() >= map.lowEnd());
            assertTrue(window.last() < Q35MemoryMap.ECAM || window.first() >= Q35MemoryMap.PCI_ABOVE_ECAM);
            assertTrue(window.last() < Q35MemoryMap.IO_APIC || window.first() >= map.highEnd());
        }
        assertEquals(map.lastAddress(), windows.get(windows.size() - 1).last());
        assertTrue(map.uncachedFrom() >= map.lowEnd() || map.uncachedFrom() == 0x8000_0000L);
    }

    @Test
    void pagesOfADeviceAreReservedWithinRam() {
        Q35MemoryMap map = Q35MemoryMap.of(1L << 30);
        List<E820Entry> split = map.e820(0x3000_0000L, 0x3000_ffffL);
        int at = split.indexOf(new E820Entry(0x3000_0000L, 0x1_0000, E820Entry.RESERVED));
        assertEquals(E820Entry.RAM, split.get(at - 1).type());
        assertEquals(0x3000_0000L, split.get(at - 1).base() + split.get(at - 1).size());
        assertEquals(new E820Entry(0x3001_0000L, 0xfff_0000L, E820Entry.RAM), split.get(at + 1));
        assertEquals(map.e820().size() + 2, split.size());
        assertThrows(ConfigException.class, () -> map.e820(0x3fff_f000L, 0x4000_0fffL));
    }
}
