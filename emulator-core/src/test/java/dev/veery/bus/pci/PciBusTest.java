package dev.veery.bus.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.dma.CommitPlanner;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceManager;
import dev.veery.model.DeviceRegistry;
import dev.veery.model.DeviceType;
import dev.veery.model.HotplugHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PciBusTest {
    private static final int DEVFN = 5 << 3;
    private static final long ECAM = DEVFN << 12;

    private final MemoryRegion memory = MemoryRegion.container("memory", MemoryRegion.WHOLE);
    private final MemoryRegion io = MemoryRegion.container("io", 0x1_0000);
    private final AddressSpace memorySpace = new AddressSpace("memory", memory, new MachineLock());
    private final AddressSpace ioSpace = new AddressSpace("io", io, new MachineLock());
    private final List<String> wires = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final PciBus bus = new PciBus(
            "pci.0",
            () -> 0,
            memory,
            io,
            (slot, pin, level) -> wires.add(slot + "/" + pin + "/" + level),
            new CommitPlanner(
                    memorySpace,
                    (id, address, data) ->
                            messages.add(Integer.toHexString(id) + " " + Long.toHexString(address) + " " + data)));
    private final PciHost host = new PciHost(bus);
    private final MmioHandler ecam = host.ecam();
    private final TestFunction device = add(DEVFN);

    private TestFunction add(int devfn) {
        TestFunction added = new TestFunction();
        DeviceManager manager = new DeviceManager(new DeviceRegistry(), new HotplugHandler() {}, warning -> {
            throw new AssertionError(warning);
        });
        bus.attach(devfn, added);
        if (devfn == DEVFN) {
            bus.dma().commit();
        }
        manager.add(added);
        manager.commit();
        manager.reset();
        return added;
    }

    /** A function with a BAR of every kind, MSI and MSI-X. */
    private static final class TestFunction extends PciDevice {
        private static final DeviceType TYPE = DeviceType.named("test-function").build(config -> new TestFunction());
        private final MsixCapability messages;

        TestFunction() {
            super(DeviceConfig.board(TYPE), new PciIdentity(0x1234, 0x5678, 1, 0xff0000, 0, 0), 4096, 2);
            addBar(0, PciBar.Kind.IO, latch("io", 0x20));
            addBar(1, PciBar.Kind.MEMORY32, latch("memory", 0x1000));
            MemoryRegion wide = MemoryRegion.container("wide", 0x1_0000);
            addBar(2, PciBar.Kind.MEMORY64_PREFETCHABLE, wide);
            addBar(0, PciBar.Kind.ROM, latch("rom", 0x800));
            addMsi(4);
            messages = addMsix(3, 2, 0, 0x800);
            wide.addChild(0, messages.tableRegion("test"));
            wide.addChild(0x800, messages.pendingRegion("test"));
            addExtendedCapability(1, 2, 8);
            addExtendedCapability(3, 1, 12);
        }

        private static MemoryRegion latch(String name, long size) {
            return MemoryRegion.mmio(name, size, new MmioHandler() {
                private long value;

                @Override
                public long read(long offset, int bytes) {
                    return value;
                }

                @Override
                public void write(long offset, int bytes, long data) {
                    value = data;
                }
            });
        }

        void pin(boolean level) {
            intx().set(level);
        }

        boolean message(int n) {
            return sendMessage(n);
        }
    }

    private void write(int register, int size, long value) {
        ecam.write(ECAM + register, size, value);
    }

    private long read(int register, int size) {
        return ecam.read(ECAM + register, size) & (size == 8 ? -1L : (1L << 8 * size) - 1);
    }

    @Test
    void bothMechanismsReachTheSameRegisters() {
        MmioHandler address = host.addressPorts(new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return 0x5a;
            }

            @Override
            public void write(long offset, int size, long value) {
                wires.add("reset " + value);
            }
        });
        MmioHandler data = host.dataPorts();
        assertEquals(-1, data.read(0, 4));
        address.write(0, 4, 0x8000_0000L | DEVFN << 8);
        assertEquals(0x5678_1234, (int) data.read(0, 4));
        assertEquals(0x5678, data.read(2, 2));
        address.write(1, 1, 6);
        assertEquals(List.of("reset 6"), wires);
        assertEquals(0x5a, address.read(1, 1));
        assertEquals(0x8000_0000L | DEVFN << 8, address.read(0, 4));
        address.write(0, 4, 0x8000_0000L | 9 << 11);
        assertEquals(-1, data.read(0, 4));
        assertEquals(0x5678_1234, (int) read(0, 4));
    }

    @Test
    void barsReportTheirSizeAndDecodeOnlyWhenEnabled() {
        for (int register = 0x10; register < 0x20; register += 4) {
            write(register, 4, 0xffff_ffffL);
        }
        write(0x30, 4, 0xffff_f800L);
        assertEquals(0xffff_ffe1L, read(0x10, 4));
        assertEquals(0xffff_f000L, read(0x14, 4));
        assertEquals(0xffff_000cL, read(0x18, 4));
        assertEquals(0xffff_ffffL, read(0x1c, 4));
        assertEquals(0xffff_f800L, read(0x30, 4));

        write(0x10, 4, 0xc000);
        write(0x14, 4, 0xd000_0000L);
        write(0x18, 8, 0x7_0000_0000L);
        write(0x30, 4, 0xd100_0001L);
        assertEquals(0, ioSpace.view().count());
        assertEquals(0, memorySpace.view().count());
        write(4, 2, 3);
        ioSpace.write(0xc000, 4, 0x1111);
        memorySpace.write(0xd000_0000L, 4, 0x2222);
        memorySpace.write(0x7_0000_0000L, 8, 0xfee0_0000L);
        memorySpace.write(0xd100_0000L, 4, 0x3333);
        assertEquals(0x1111, ioSpace.read(0xc01c, 4));
        assertEquals(0x2222, memorySpace.read(0xd000_0ffcL, 4));
        assertEquals(0xfee0_0000L, memorySpace.read(0x7_0000_0000L, 8));
        assertEquals(0x3333, memorySpace.read(0xd100_0000L, 4));

        write(0x14, 4, 0xd200_0000L);
        assertEquals(0xffff_ffffL, memorySpace.read(0xd000_0000L, 4));
        assertEquals(0x2222, memorySpace.read(0xd200_0000L, 4));
        write(4, 2, 1);
        assertEquals(0xffff_ffffL, memorySpace.read(0xd200_0000L, 4));
        assertEquals(0x1111, ioSpace.read(0xc000, 4));
        device.reset();
        assertEquals(0, ioSpace.view().count());
        assertEquals(1, read(0x10, 4));
    }

    @Test
    void pinsAreSharedBetweenFunctionsAndGated() {
        TestFunction second = add(DEVFN + 1);
        device.pin(true);
        device.pin(true);
        second.pin(true);
        device.pin(false);
        assertEquals(List.of("5/1/true"), wires);
        assertEquals(0, read(6, 2) & 8);
        ecam.write(ECAM + 0x1000 + 4, 2, 0x400);
        assertEquals(List.of("5/1/true", "5/1/false"), wires);
        assertTrue((second.config().get(6, 2) & 8) != 0);
        ecam.write(ECAM + 0x1000 + 4, 2, 0);
        bus.detach(second);
        assertEquals(List.of("5/1/true", "5/1/false", "5/1/true", "5/1/false"), wires);
    }

    @Test
    void messagesNeedBusMastering() {
        int msi = (int) read(0x34, 1);
        write(msi + 4, 8, 0xfee0_1000L);
        write(msi + 2, 2, 1);
        assertTrue(device.message(0));
        assertEquals(List.of(), messages);
        write(4, 2, 4);
        device.message(0);
        assertEquals(List.of("28 fee01000 0"), messages);
    }

    @Test
    void maskedMessagesWaitUntilUnmasked() {
        write(4, 2, 4);
        assertFalse(device.message(0));
        int msi = (int) read(0x34, 1);
        assertEquals(5, read(msi, 1));
        write(msi + 4, 8, 0xfee0_1000L);
        write(msi + 12, 2, 0x43);
        write(msi + 2, 2, 1 | 2 << 4);
        device.message(2);
        write(msi + 16, 4, 4);
        device.message(2);
        assertEquals(4, read(msi + 20, 4));
        assertEquals(List.of("28 fee01000 66"), messages);
        write(msi + 16, 4, 0);
        assertEquals(List.of("28 fee01000 66", "28 fee01000 66"), messages);

        messages.clear();
        int msix = (int) read(msi + 1, 1);
        assertEquals(0x11, read(msix, 1));
        assertEquals(2, read(msix + 2, 2));
        write(0x18, 8, 0x7_0000_0000L);
        write(4, 2, 6);
        write(msix + 2, 2, 0xc000);
        memorySpace.write(0x7_0000_0010L, 8, 0xfee0_0000L);
        memorySpace.write(0x7_0000_0018L, 8, 77);
        device.message(1);
        device.message(9);
        assertEquals(2, memorySpace.read(0x7_0000_0800L, 8));
        write(msix + 2, 2, 0x8000);
        assertEquals(List.of("28 fee00000 77"), messages);
        assertEquals(0, memorySpace.read(0x7_0000_0800L, 8));
    }

    @Test
    void extendedCapabilitiesAreChained() {
        assertEquals(1 | 2 << 16 | 0x108 << 20, (int) read(0x100, 4));
        assertEquals(3 | 1 << 16, (int) read(0x108, 4));
        assertSame(device, bus.at(DEVFN));
        assertEquals(6 << 3, bus.freeSlot(5));
    }

    @Test
    void noAccessToConfigurationSpaceThrows() {
        Random random = new Random(7);
        MmioHandler data = host.dataPorts();
        MmioHandler address = host.addressPorts(data);
        long identity = read(0, 4);
        for (int i = 0; i < 200_000; i++) {
            int size = 1 << random.nextInt(4);
            long offset = random.nextInt(4) == 0 ? random.nextInt(1 << 28) : ECAM + random.nextInt(0x1010);
            if (random.nextBoolean()) {
                ecam.write(offset, size, random.nextLong());
            } else {
                ecam.read(offset, size);
            }
            address.write(0, 4, random.nextLong());
            data.write(random.nextInt(4), 1 << random.nextInt(3), random.nextLong());
        }
        assertEquals(identity, read(0, 4));
    }
}
