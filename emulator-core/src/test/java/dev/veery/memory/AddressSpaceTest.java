package dev.veery.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AddressSpaceTest {
    private final MachineLock lock = new MachineLock();
    private final GuestRam memory = new GuestRam(new OffHeapRamAllocator());
    private final List<String> calls = new ArrayList<>();
    private final MmioHandler registers = new MmioHandler() {
        @Override
        public long read(long offset, int size) {
            assertTrue(lock.heldByCurrentThread());
            calls.add("r" + size + "@" + offset);
            long value = 0;
            for (int n = 0; n < size; n++) {
                value |= (0xa0 + offset + n & 0xff) << 8 * n;
            }
            return value | (size < 8 ? -1L << 8 * size : 0);
        }

        @Override
        public void write(long offset, int size, long value) {
            assertTrue(lock.heldByCurrentThread());
            calls.add("w" + size + "@" + offset + "=" + Long.toHexString(value));
        }
    };

    private final MemoryRegion root = MemoryRegion.container("system", MemoryRegion.WHOLE);
    private RamBlock ram;
    private AddressSpace space;

    @BeforeEach
    void build() {
        ram = memory.allocate("ram", 0x4000);
        root.addChild(0, MemoryRegion.ram("ram", ram));
        space = new AddressSpace("memory", root, lock);
    }

    @AfterEach
    void free() {
        memory.close();
    }

    private void device(long at, AccessSizes sizes) {
        root.addChild(at, MemoryRegion.mmio("device", 0x100, registers, sizes), 1);
    }

    @Test
    void ramIsLittleEndianAtEveryWidth() {
        space.write(0x101, 8, 0x8877665544332211L);

        assertEquals(0x11, space.read(0x101, 1));
        assertEquals(0x3322, space.read(0x102, 2));
        assertEquals(0x88776655L, space.read(0x105, 4));
        assertEquals(0x8877665544332211L, space.read(0x101, 8));
    }

    @Test
    void anOpenWindowIsAccessedAtTheGuestsWidthAndAClosedOneTrapped() {
        RamBlock device = memory.allocate("registers", 0x1000);
        DeviceWindow window = new DeviceWindow("device", device.host(), 0x1000);
        root.addChild(0x1_0000, MemoryRegion.window("window", window, registers));

        space.write(0x1_0010, 2, 0xbeef);
        window.open();
        space.write(0x1_0020, 4, 0x1234_5678);
        space.copyIn(0x1_0031, ram.host(), 7);
        long read = space.read(0x1_0022, 2);
        window.close();
        space.read(0x1_0020, 4);

        assertEquals(0x1234, read);
        assertEquals(0x1234_5678, OffHeap.getInt(device.host() + 0x20));
        assertEquals(0, OffHeap.getInt(device.host() + 0x10));
        assertEquals(List.of("w2@16=beef", "r4@32"), calls);
        assertFalse(space.view().isRam(space.view().find(0x1_0000)));
    }

    @Test
    void aWindowThatWasClosedIsNotTouchedAnyMore() throws InterruptedException {
        RamBlock device = memory.allocate("registers", 0x1000);
        DeviceWindow window = new DeviceWindow("device", device.host(), 0x1000);
        MmioHandler nothing = new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {}
        };
        root.addChild(0x1_0000, MemoryRegion.window("window", window, nothing));
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            while (!stop.get()) {
                space.write(0x1_0000, 4, 1);
            }
        });
        writer.start();
        try {
            for (int i = 0; i < 200; i++) {
                window.open();
                Thread.yield();
                window.close();
                OffHeap.putInt(device.host(), 0);
                for (int n = 0; n < 100; n++) {
                    assertEquals(0, OffHeap.getIntAcquire(device.host()));
                }
            }
        } finally {
            stop.set(true);
            writer.join();
        }
    }

    @Test
    void unassignedReadsAsOnesAndDropsWrites() {
        space.write(0x1_0000_0000L, 4, 0);

        assertEquals(0xff, space.read(0x1_0000_0000L, 1));
        assertEquals(0xffff_ffffL, space.read(0x1_0000_0000L, 4));
        assertEquals(-1L, space.read(-8, 8));
    }

    @Test
    void accessAcrossTheEndOfRamSeesOnesBeyond() {
        space.write(0x3ffe, 4, 0x44332211);

        assertEquals(0xffff2211L, space.read(0x3ffe, 4));
    }

    @Test
    void accessIntoDeviceFromRamIsSplitIntoAlignedPieces() {
        device(0x1000, AccessSizes.BYTE_TO_DWORD);
        space.write(0xfff, 1, 0x77);

        assertEquals(0xa2a1a077L, space.read(0xfff, 4));
        space.write(0xffe, 8, 0x8877665544332211L);

        assertEquals(List.of("r2@0", "r1@2", "w4@0=66554433", "w2@4=8877"), calls);
        assertEquals(0x2211, space.read(0xffe, 2));
    }

    @Test
    void wideReadOfNarrowDeviceBecomesSeveral() {
        device(0x1000, AccessSizes.BYTE_TO_DWORD);

        assertEquals(0xafaeadacabaaa9a8L, space.read(0x1008, 8));
        space.write(0x1008, 8, 0x8877665544332211L);

        assertEquals(List.of("r4@8", "r4@12", "w4@8=44332211", "w4@12=88776655"), calls);
    }

    @Test
    void narrowAccessIsWidenedToWhatTheHandlerImplements() {
        device(0x1000, AccessSizes.adapted(1, 4, 4));

        assertEquals(0xa6, space.read(0x1006, 1));
        assertEquals(0xa7a6, space.read(0x1006, 2));
        space.write(0x1006, 2, 0x1234);

        assertEquals(List.of("r4@4", "r4@4", "w4@4=12340000"), calls);
    }

    @Test
    void validWidthIsMadeOfImplementedOnes() {
        device(0x1000, AccessSizes.adapted(1, 8, 1));

        assertEquals(0xa3a2a1a0L, space.read(0x1000, 4));
        space.write(0x1000, 2, 0x1234);

        assertEquals(List.of("r1@0", "r1@1", "r1@2", "r1@3", "w1@0=34", "w1@1=12"), calls);
    }

    @Test
    void tooNarrowAccessIsRefused() {
        device(0x1000, AccessSizes.DWORD);

        assertEquals(0xff, space.read(0x1000, 1));
        assertEquals(0xffff, space.read(0x1002, 2));
        space.write(0x1000, 2, 0);

        assertEquals(List.of(), calls);
        assertEquals(0xa3a2a1a0L, space.read(0x1000, 4));
    }

    @Test
    void unalignedAccessIsSplitUnlessTheDeviceTakesIt() {
        device(0x1000, AccessSizes.BYTE_TO_DWORD);
        device(0x2000, new AccessSizes(1, 4, 1, 4, true));

        assertEquals(0xa4a3a2a1L, space.read(0x1001, 4));
        assertEquals(0xa4a3a2a1L, space.read(0x2001, 4));

        assertEquals(List.of("r1@1", "r2@2", "r1@4", "r4@1"), calls);
    }

    @Test
    void unalignedWideningTakesBothNeighbours() {
        device(0x1000, new AccessSizes(1, 4, 4, 4, true));

        assertEquals(0xa4a3, space.read(0x1003, 2));
        space.write(0x1003, 2, 0x1234);

        assertEquals(List.of("r4@0", "r4@4", "w4@0=34000000", "w4@4=12"), calls);
    }

    @Test
    void romIsReadAndItsWritesGoToTheHandlerOrNowhere() {
        RamBlock flash = memory.allocate("flash", 0x1000);
        MemoryRegion plain = MemoryRegion.rom("rom", memory.allocate("rom", 0x1000));
        MemoryRegion chip = MemoryRegion.romDevice("flash", flash, registers, AccessSizes.BYTE_TO_DWORD);
        root.addChild(0x10000, plain);
        root.addChild(0x11000, chip);

        space.write(0x10000, 4, 0x12345678);
        space.write(0x11004, 1, 0x90);
        assertEquals(0, space.read(0x10000, 4));
        assertEquals(0, space.read(0x11004, 1));
        chip.setRomMode(false);
        assertEquals(0xa4, space.read(0x11004, 1));
        assertEquals(0, space.hostPointer(0x11000, 1, false));

        assertEquals(List.of("w1@4=90", "r1@4"), calls);
    }

    @Test
    void readOnlyAliasShadowsRamWithoutCopying() {
        MemoryRegion pam = MemoryRegion.alias("pam", root.children().get(0), 0x1000, 0x1000);
        pam.setReadOnly(true);
        root.addChild(0x1000, pam, 1);
        space.write(0x0ffc, 8, -1L);

        assertEquals(0xffff_ffffL, space.read(0x0ffc, 8));
        assertEquals(0, space.hostPointer(0x1000, 16, true));
        pam.setReadOnly(false);
        space.write(0x0ffc, 8, -1L);
        assertEquals(-1L, space.read(0x0ffc, 8));
    }

    @Test
    void bulkCopiesCrossRamDeviceAndHoles() {
        device(0x3ffc, AccessSizes.BYTE_TO_DWORD);
        byte[] data = new byte[0x120];
        for (int n = 0; n < data.length; n++) {
            data[n] = (byte) (n + 1);
        }
        space.write(0x3ff0, data);
        byte[] back = new byte[0x120];
        calls.clear();
        space.read(0x3ff0, back);

        for (int n = 0; n < back.length; n++) {
            int expected = n < 12 ? n + 1 : n < 0x10c ? 0xa0 + n - 12 & 0xff : 0xff;
            assertEquals(expected, back[n] & 0xff, "byte " + n);
        }
        assertEquals(64, calls.size());
    }

    @Test
    void offHeapCopiesMatchArrayCopies() {
        byte[] data = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        space.write(0x2000, data);
        space.copyIn(0x1001, space.hostPointer(0x2000, 9, false), 9);
        space.copyOut(0x1001, ram.host() + 0x3000, 9);
        byte[] back = new byte[9];
        space.read(0x3000, back);

        assertArrayEquals(data, back);
        space.fill(0x3ffe, 4, 0xcc);
        assertEquals(0xffffccccL, space.read(0x3ffe, 4));
    }

    @Test
    void hostPointerRefusesWhatIsNotOnePieceOfRam() {
        device(0x1000, AccessSizes.BYTE);

        assertEquals(ram.host() + 0xffc, space.hostPointer(0xffc, 4, true));
        assertEquals(0, space.hostPointer(0xffc, 5, true));
        assertEquals(0, space.hostPointer(0x1000, 1, false));
        assertEquals(0, space.hostPointer(0x3fff, 2, false));
        assertEquals(0, space.hostPointer(1L << 40, 1, false));
    }

    @Test
    void portSpaceEndsAt64KiB() {
        MemoryRegion ports = MemoryRegion.container("io", 0x10000);
        ports.addChild(0xfffe, MemoryRegion.mmio("edge", 16, registers, AccessSizes.BYTE));
        AddressSpace io = new AddressSpace("io", ports, lock);

        assertEquals(0xffffa1a0L, io.read(0xfffe, 4));
        assertEquals(2, calls.size());
    }

    @Test
    void transactionRebuildsOnceAndShowsNothingBefore() {
        List<FlatView> views = new ArrayList<>();
        space.onViewChanged(views::add);
        space.begin();
        space.begin();
        device(0x1000, AccessSizes.BYTE);
        space.commit();
        device(0x2000, AccessSizes.BYTE);

        assertTrue(views.isEmpty());
        space.commit();
        assertEquals(1, views.size());
        assertEquals(5, space.view().count());
        assertFalse(lock.heldByCurrentThread());
    }

    @Test
    void changeThatShowsNothingReplacesNoView() {
        List<FlatView> views = new ArrayList<>();
        space.onViewChanged(views::add);
        root.addChild(0x1000, MemoryRegion.mmio("below", 0x100, registers), -1);

        assertTrue(views.isEmpty());
    }
}
