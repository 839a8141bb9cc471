package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.DeviceWindow;
import dev.veery.memory.DirtyLog;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuestMappingsTest {
    private static final int READ = 1;
    private static final int RW = 3;
    private static final long RAM = 0x10_0000;

    private final MachineLock lock = new MachineLock();
    private final MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
    private final AddressSpace memory = new AddressSpace("memory", root, lock);
    private final RamBlock block = new RamBlock("ram", new OffHeapRamAllocator().allocate("ram", RAM));
    private final FakeSpace space = new FakeSpace();
    private final List<String> failures = new ArrayList<>();
    private final GuestMappings mappings = new GuestMappings(
            memory,
            new MappingLedger(space),
            (iova, size, error) -> failures.add(String.format("%x %x %d", iova, size, error)));

    @BeforeEach
    void takeTheLock() {
        lock.lock();
        root.addChild(0, MemoryRegion.ram("ram", block));
    }

    @AfterEach
    void close() {
        mappings.close();
        lock.unlock();
        memory.close();
        block.close();
    }

    private long host(long iova) {
        return Objects.requireNonNull(space.mapped.get(iova), Long.toHexString(iova))[0];
    }

    @Test
    void identityMapsRamAtItsOwnAddressAndNothingElse() {
        root.addChild(0x20_0000, MemoryRegion.mmio("registers", 0x1000, new Nothing()));

        mappings.identity(true);

        assertEquals(List.of("map 0 100000 3"), space.calls);
        assertEquals(block.host(), host(0));
    }

    @Test
    void leavingIdentityUnmapsAll() {
        mappings.identity(true);

        mappings.identity(false);

        assertTrue(space.mapped.isEmpty());
    }

    @Test
    void identityFollowsTheLayoutOfMemory() {
        mappings.identity(true);

        MemoryRegion hole = MemoryRegion.mmio("hole", 0x4000, new Nothing());
        root.addChild(0x8000, hole, 1);
        assertEquals(List.of(0L, 0xc000L), List.copyOf(space.mapped.keySet()));
        root.removeChild(hole);

        assertEquals(List.of(0L), List.copyOf(space.mapped.keySet()));
    }

    @Test
    void aGuestMappingLeadsToTheMemoryItNames() {
        mappings.map(0x7_0000_0000L, 0x5000, 0x2000, RW);

        assertEquals(block.host() + 0x5000, host(0x7_0000_0000L));
        mappings.unmap(0x7_0000_0000L, 0x2000);
        assertTrue(space.mapped.isEmpty());
    }

    @Test
    void devicesThatShareAViewTellTheSameTwice() {
        for (int device = 0; device < 2; device++) {
            assertTrue(mappings.map(0x10_0000, 0x5000, 0x1000, RW));
        }
        for (int device = 0; device < 2; device++) {
            mappings.unmap(0x10_0000, 0x1000);
            mappings.map(0x10_0000, 0x6000, 0x1000, RW);
        }

        assertEquals(block.host() + 0x6000, host(0x10_0000));
        assertEquals(List.of(), failures);
    }

    private MemoryRegion window(String owner) {
        RamBlock registers = new RamBlock("registers", new OffHeapRamAllocator().allocate("registers", 0x2000));
        return MemoryRegion.window(owner, new DeviceWindow(owner, registers.host(), 0x2000), new Nothing());
    }

    @Test
    void registersOfADeviceAreMappedForOthersAsLongAsItAnswers() {
        MemoryRegion registers = window("card");
        mappings.join("card");
        mappings.identity(true);
        root.addChild(0x20_0000, registers);
        assertEquals(List.of(0L), List.copyOf(space.mapped.keySet()));

        mappings.join("disk");
        assertEquals(List.of(0L, 0x20_0000L), List.copyOf(space.mapped.keySet()));
        assertEquals(Objects.requireNonNull(registers.window()).host(), host(0x20_0000));
        registers.setEnabled(false);
        assertEquals(List.of(0L), List.copyOf(space.mapped.keySet()));
        registers.setEnabled(true);
        mappings.leave("disk");

        assertEquals(List.of(0L), List.copyOf(space.mapped.keySet()));
    }

    @Test
    void theGuestsIommuLeadsToRegistersOfOthersOnly() {
        root.addChild(0x20_0000, window("card"));
        root.addChild(0x30_0000, window("disk"));
        mappings.join("disk");

        assertTrue(mappings.map(0x7000_0000, 0x20_1000, 0x1000, RW));
        assertTrue(mappings.map(0x8000_0000L, 0x30_0000, 0x1000, RW));

        assertEquals(List.of("map 70000000 1000 3"), space.calls);
    }

    @Test
    void registersThatTheHostDoesNotMapAreCountedApart() {
        mappings.join("disk");
        root.addChild(0x20_0000, window("card"));
        space.nextError = -Errno.EFAULT;

        assertTrue(mappings.map(0x7000_0000, 0x20_0000, 0x1000, RW));

        assertEquals(1, mappings.peersFailed());
        assertEquals(0, mappings.failed());
        assertEquals(List.of(), failures);
    }

    @Test
    void readOnlyStaysReadOnly() {
        root.addChild(
                0x20_0000,
                MemoryRegion.rom("rom", new RamBlock("rom", new OffHeapRamAllocator().allocate("rom", 0x1000))));

        mappings.map(0x1000, 0x1000, 0x1000, READ);
        mappings.map(0x2000, 0x20_0000, 0x1000, RW);

        assertEquals(List.of("map 1000 1000 1", "map 2000 1000 1"), space.calls);
    }

    @Test
    void whatIsNotRamIsNotReachable() {
        mappings.map(0x1000, RAM - 0x1000, 0x3000, RW);

        assertEquals(List.of("map 1000 1000 3"), space.calls);
        mappings.unmap(0x1000, 0x3000);
        assertTrue(space.mapped.isEmpty());
    }

    @Test
    void aGuestMappingFollowsTheLayoutOfMemory() {
        mappings.map(0x10_0000, 0x8000, 0x1000, RW);
        RamBlock other = new RamBlock("other", new OffHeapRamAllocator().allocate("other", 0x1000));

        root.addChild(0x8000, MemoryRegion.ram("other", other), 1);

        assertEquals(other.host(), host(0x10_0000));
    }

    @Test
    void theDeviceMayHaveWrittenWhatIsUnmapped() {
        mappings.map(0x10_0000, 0x8000, 0x2000, RW);
        mappings.map(0x20_0000, 0xc000, 0x1000, READ);
        DirtyLog log = block.startDirtyLog();
        log.takeDirty(0, block.pages());

        mappings.unmap(0x10_0000, 0x2000);
        mappings.unmap(0x20_0000, 0x1000);

        assertTrue(log.isDirty(8));
        assertTrue(log.isDirty(9));
        assertFalse(log.isDirty(0xc));
        log.close();
    }

    @Test
    void whatTheHostRefusesIsReportedAndCounted() {
        space.nextError = -Errno.ENOMEM;

        assertFalse(mappings.map(0x1000, 0x1000, 0x1000, RW));

        assertEquals(List.of("1000 1000 -12"), failures);
        assertEquals(1, mappings.failed());
        mappings.unmap(0x1000, 0x1000);
        assertEquals(1, failures.size());
    }

    private static final class Nothing implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            // Registers that take nothing.
        }
    }
}
