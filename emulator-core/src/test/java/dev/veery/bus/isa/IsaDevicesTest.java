package dev.veery.bus.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.device.debugcon.IsaDebugconDevice;
import dev.veery.device.debugexit.IsaDebugExitDevice;
import dev.veery.device.pvpanic.PvpanicDevice;
import dev.veery.device.pvpanic.PvpanicListener;
import dev.veery.device.serial.IsaSerialDevice;
import dev.veery.device.testdev.PcTestdevDevice;
import dev.veery.irq.IrqLine;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.DeviceManager;
import dev.veery.model.DeviceRegistry;
import dev.veery.model.HotplugHandler;
import dev.veery.time.ManualClock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The devices that users put on the bus, through the whole of their life. */
class IsaDevicesTest {
    private final List<String> seen = new ArrayList<>();
    private final MachineLock lock = new MachineLock();
    private final MemoryRegion portRoot = MemoryRegion.container("io", 0x1_0000);
    private final MemoryRegion memoryRoot = MemoryRegion.container("memory", MemoryRegion.WHOLE);
    private final AddressSpace ports = new AddressSpace("io", portRoot, lock);
    private final AddressSpace memory = new AddressSpace("memory", memoryRoot, lock);
    private final IsaBus bus = new IsaBus(
            portRoot,
            memoryRoot,
            IntStream.range(0, IsaBus.IRQS)
                    .<IrqLine>mapToObj(n -> level -> seen.add("irq " + n + " " + level))
                    .toList());
    private final DeviceRegistry registry = new DeviceRegistry()
            .add(IsaDebugExitDevice.type(bus, status -> seen.add("exit " + status)))
            .add(PvpanicDevice.type(bus, new PvpanicListener() {
                @Override
                public void guestPanicked() {
                    seen.add("panicked");
                }

                @Override
                public void guestCrashLoaded() {
                    seen.add("crashloaded");
                }
            }))
            .add(PcTestdevDevice.type(bus))
            .add(IsaDebugconDevice.type(bus, this::chardev))
            .add(IsaSerialDevice.type(bus, new ManualClock(lock), this::chardev));
    private final DeviceManager manager = new DeviceManager(
            registry,
            new HotplugHandler() {
                @Override
                public void prePlug(Device device) {
                    ((IsaDevice) device).checkPorts();
                }
            },
            seen::add);

    private CharBackend chardev(String id) {
        if (!id.equals("c")) {
            throw new ConfigException("no chardev '" + id + "'");
        }
        return new CharBackend() {
            @Override
            public void attach(CharFrontend frontend) {}

            @Override
            public void write(int value) {
                seen.add("sent " + (char) value);
            }

            @Override
            public void acceptInput() {}

            @Override
            public void close() {}
        };
    }

    private Device add(String driver, String... options) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String option : options) {
            map.put(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return manager.add(DeviceDescriptor.of(driver, map, ""));
    }

    @Test
    void debugExitSitsWhereItIsTold() {
        add("isa-debug-exit", "iobase=0xf4", "iosize=0x4");
        ports.write(0xf4, 4, 5);
        ports.write(0xf7, 1, 0);
        assertEquals(List.of("exit 11", "exit 1"), seen);
    }

    @Test
    void debugExitTakesAWordAtItsOddDefaultPort() {
        add("isa-debug-exit");
        ports.write(0x501, 2, 0x1234);
        assertEquals(List.of("exit " + 0x2469), seen);
    }

    @Test
    void secondDeviceAtTheSamePortsIsRefusedNamingBoth() {
        add("isa-debug-exit", "id=first");
        ConfigException error = assertThrows(ConfigException.class, () -> add("pvpanic", "ioport=0x502"));
        assertEquals(
                "port 0x502 of 'pvpanic' overlap ports 0x501 to 0x502 of 'isa-debug-exit' (id 'first')",
                error.getMessage());
        add("pvpanic", "ioport=0x503");
    }

    @Test
    void pvpanicReports() {
        add("pvpanic", "events=1");
        assertEquals(1, ports.read(0x505, 1));
        ports.write(0x505, 1, 1);
        assertEquals(List.of("panicked"), seen);
    }

    @Test
    void testDeviceFlushLeavesThePageAsItWas() {
        memoryRoot.addChild(
                0, MemoryRegion.ram("ram", new RamBlock("ram", new OffHeapRamAllocator().allocate("ram", 0x10000))));
        add("pc-testdev");
        memory.write(0x3008, 8, 0x1234_5678_9abcL);
        int[] changes = {0};
        memory.onViewChanged(view -> changes[0]++);
        ports.write(0xe4, 4, 0x3123);
        assertEquals(2, changes[0]);
        assertEquals(0x1234_5678_9abcL, memory.read(0x3008, 8));
        memory.write(0xff00_0010L, 4, 0x55aa);
        assertEquals(0x55aa, memory.read(0xff00_0010L, 4));
        ports.write(0x200e, 1, 1);
        ports.write(0x200e, 1, 0);
        assertEquals(List.of("irq 14 true", "irq 14 false"), seen);
    }

    @Test
    void serialPortsTakeThePlacesInTurn() {
        IsaSerialDevice first = (IsaSerialDevice) add("isa-serial", "chardev=c");
        IsaSerialDevice second = (IsaSerialDevice) add("isa-serial", "chardev=c");
        IsaSerialDevice other = (IsaSerialDevice) add("isa-serial", "chardev=c", "iobase=0x1000", "irq=7");
        assertEquals(0x3f8, first.port());
        assertEquals(4, first.irq());
        assertEquals(0x2f8, second.port());
        assertEquals(3, second.irq());
        assertEquals(0x1000, other.port());
        manager.commit();
        manager.reset();
        ports.write(0x3f8, 1, 'h');
        assertTrue(seen.contains("sent h"));
    }

    @Test
    void badSerialOptionsAreRefused() {
        assertThrows(ConfigException.class, () -> add("isa-serial"));
        assertThrows(ConfigException.class, () -> add("isa-serial", "chardev=nosuch"));
        assertThrows(ConfigException.class, () -> add("isa-serial", "chardev=c", "index=4"));
        assertThrows(ConfigException.class, () -> add("isa-serial", "chardev=c", "irq=16"));
        assertThrows(ConfigException.class, () -> add("isa-serial", "chardev=c", "iobase=0xffff"));
        assertThrows(ConfigException.class, () -> add("isa-debug-exit", "iosize=0"));
        assertTrue(bus.isFree(new PortRange(0, 0x1_0000)), "nothing is left of those that failed");
    }

    @Test
    void debugConsoleReadsBack() {
        add("isa-debugcon", "chardev=c", "iobase=0x402");
        assertEquals(0xe9, ports.read(0x402, 1));
        ports.write(0x402, 1, 'd');
        assertEquals(List.of("sent d"), seen);
    }
}
