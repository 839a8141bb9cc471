package dev.veery.linux.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.memory.RamBacking;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class MappedRamAllocatorTest {
    private final MappedRamAllocator allocator = new MappedRamAllocator();

    /** One entry of {@code /proc/self/smaps}: range, permissions, name, then the lines that follow. */
    private record Range(long start, long end, String permissions, String name, List<String> details) {
        String detail(String key) {
            return details.stream()
                    .filter(line -> line.startsWith(key + ":"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static List<Range> mappings() throws IOException {
        List<Range> ranges = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                String[] fields = line.split(" +", 6);
                String[] bounds = fields[0].split("-", -1);
                ranges.add(new Range(
                        Long.parseUnsignedLong(bounds[0], 16),
                        Long.parseUnsignedLong(bounds[1], 16),
                        fields[1],
                        fields.length > 5 ? fields[5] : "",
                        new ArrayList<>()));
            } else {
                ranges.get(ranges.size() - 1).details().add(line);
            }
        }
        return ranges;
    }

    private static Range at(long address) throws IOException {
        return mappings().stream()
                .filter(range ->
                        Long.compareUnsigned(range.start, address) <= 0 && Long.compareUnsigned(address, range.end) < 0)
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException(Long.toHexString(address)));
    }

    @Test
    void ramIsZeroedAndWritableToItsEnds() throws IOException {
        long size = 64 * Units.MIB;
        try (RamBacking ram = allocator.allocate("pc.ram", size)) {
            assertEquals(size, ram.size());
            assertEquals(0, ram.host() % Mapping.ALIGNMENT);
            assertEquals(0, OffHeap.getLong(ram.host() + size - 8));
            OffHeap.putLong(ram.host(), 1);
            OffHeap.putLong(ram.host() + size - 8, 2);
            Range range = at(ram.host());
            assertEquals("rw-p", range.permissions);
            assertEquals(size, range.end - range.start);
        }
    }

    @Test
    void guardsOnBothSidesAreInaccessible() throws IOException {
        try (RamBacking ram = allocator.allocate("pc.ram", 64 * Units.MIB)) {
            for (long guard : new long[] {
                ram.host() - 1,
                ram.host() - Mapping.GUARD,
                ram.host() + ram.size(),
                ram.host() + ram.size() + Mapping.GUARD - 1
            }) {
                assertTrue(at(guard).permissions.startsWith("---"), Long.toHexString(guard));
            }
        }
    }

    @Test
    void largeRamIsCommittedLazilyAndNotInherited() throws IOException {
        try (RamBacking ram = allocator.allocate("pc.ram", 64 * Units.GIB)) {
            OffHeap.putByte(ram.host() + ram.size() - 1, 1);
            Range range = at(ram.host());
            // A small page, or one of the large ones that were asked for.
            assertTrue(range.detail("Rss").matches("Rss: +(4|2048) kB"), range.detail("Rss"));
            assertTrue(range.detail("VmFlags").contains(" dc "), range.detail("VmFlags"));
        }
    }

    @Test
    void ramIsCommittedInAdvanceIfThatIsWanted() throws Exception {
        long size = 96 * Units.MIB + 4096;
        try (RamBacking ram = new MappedRamAllocator(2).allocate("pc.ram", size)) {
            String all = size / 1024 + " kB";
            for (int i = 0; i < 1000 && !at(ram.host()).detail("Rss").endsWith(" " + all); i++) {
                Thread.sleep(10);
            }
            assertTrue(
                    at(ram.host()).detail("Rss").endsWith(" " + all),
                    at(ram.host()).detail("Rss"));
        }
    }

    @Test
    void allIsCommittedWhenThatHasFinished() throws IOException {
        long size = 512 * Units.MIB + 4096;
        MappedRamAllocator background = new MappedRamAllocator(1);
        try (RamBacking ram = background.allocate("pc.ram", size)) {
            background.finish();
            assertTrue(
                    at(ram.host()).detail("Rss").endsWith(" " + size / 1024 + " kB"),
                    at(ram.host()).detail("Rss"));
        }
        background.finish();
    }

    @Test
    void whatWasBegunIsAllocatedOnce() throws IOException {
        long size = 64 * Units.MIB;
        MappedRamAllocator background = new MappedRamAllocator(1);
        background.begin("pc.ram", size);
        background.finish();
        try (RamBacking other = background.allocate("pc.rom", 4096);
                RamBacking ram = background.allocate("pc.ram", size);
                RamBacking next = background.allocate("more.ram", size)) {
            assertEquals(4096, other.size());
            assertTrue(
                    at(ram.host()).detail("Rss").endsWith(" " + size / 1024 + " kB"),
                    at(ram.host()).detail("Rss"));
            assertNotEquals(ram.host(), next.host());
        }
    }

    @Test
    void finishingCommitsNothingUnlessThatWasWanted() throws IOException {
        try (RamBacking ram = allocator.allocate("pc.ram", 64 * Units.MIB)) {
            allocator.finish();
            assertTrue(
                    at(ram.host()).detail("Rss").endsWith(" 0 kB"),
                    at(ram.host()).detail("Rss"));
        }
    }

    @Test
    void closingWaitsForThoseWhoCommit() throws IOException {
        long size = 2048 * Units.MIB + 20 * 4096;
        new MappedRamAllocator(2).allocate("veery.gone", size).close();
        assertFalse(mappings().stream().anyMatch(range -> range.end - range.start == size));
    }

    @Test
    void hugePagesAreAskedFor() throws IOException {
        try (RamBacking ram = new MappedRamAllocator().allocate("pc.ram", 64 * Units.MIB)) {
            if (Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage"))) {
                assertTrue(at(ram.host()).detail("VmFlags").contains(" hg"));
            }
        }
    }

    @Test
    void closeUnmapsGuardsAndMemory() throws IOException {
        // Of a size that nothing else has.
        long size = 64 * Units.MIB + 12 * 4096;
        RamBacking ram = allocator.allocate("veery.gone", size);
        assertTrue(mappings().stream().anyMatch(range -> range.end - range.start == size));
        ram.close();
        assertFalse(mappings().stream().anyMatch(range -> range.end - range.start == size));
    }

    @Test
    void refusalIsOneLineWithARemedy() {
        ConfigException e = assertThrows(ConfigException.class, () -> allocator.allocate("pc.ram", 1L << 50));
        assertEquals(
                "cannot allocate 1073741824 MiB for 'pc.ram': mmap 'pc.ram': Cannot allocate memory; use a smaller -m, or"
                        + " raise the limit on address space (ulimit -v)",
                e.getMessage());
    }
}
