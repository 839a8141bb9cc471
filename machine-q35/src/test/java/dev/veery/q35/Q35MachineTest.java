package dev.veery.q35;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.base.Units;
import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.irq.LocalApic;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.model.DeviceDescriptor;
import dev.veery.time.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Q35MachineTest {
    private static final int CONFIG_ADDRESS = 0xcf8;
    private static final int CONFIG_DATA = 0xcfc;

    @TempDir
    static Path dir;

    private final List<String> events = new ArrayList<>();
    private final MachineLock lock = new MachineLock();
    private final ManualClock clock = new ManualClock(lock);
    private final StringBuilder serial = new StringBuilder();
    private final List<QuietVcpu> vcpus = new ArrayList<>();
    private @Nullable Q35Machine machine;
    private String kernel = "";

    @BeforeEach
    void writeKernel() throws IOException {
        ByteBuffer b = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, 0x1bad_b002).putInt(4, 1 << 16).putInt(8, -(0x1bad_b002 + (1 << 16)));
        b.putInt(12, 0x10_0000).putInt(16, 0x10_0000).putInt(28, 0x10_0020);
        kernel = Files.write(dir.resolve("kernel"), b.array()).toString();
    }

    @AfterEach
    void close() {
        if (machine != null) {
            machine.close();
        }
    }

    private CharBackend console() {
        return new CharBackend() {
            @Override
            public void attach(CharFrontend frontend) {}

            @Override
            public void write(int value) {
                serial.append((char) value);
            }

            @Override
            public void acceptInput() {}

            @Override
            public void close() {}
        };
    }

    private Q35Machine make(int cpus, Map<String, String> options, DeviceDescriptor... devices) {
        Q35Settings settings = new Q35Settings(
                lock,
                clock,
                () -> 0,
                new OffHeapRamAllocator(),
                new Accelerator() {
                    @Override
                    public String name() {
                        return "still";
                    }

                    @Override
                    public Vcpu createVcpu(VcpuConfig config) {
                        QuietVcpu vcpu = new QuietVcpu(config);
                        vcpus.add(vcpu);
                        return vcpu;
                    }
                },
                CpuModels.parse("qemu64"),
                cpus,
                64 * Units.MIB,
                Q35Options.parse(options),
                new Q35Settings.Boot(kernel, null, "arg"),
                List.of(console()),
                id -> {
                    throw new ConfigException("chardev '" + id + "' does not exist");
                },
                Q35Backends.NONE,
                List.of(devices),
                List.of(),
                new UUID(1, 2),
                "1",
                new byte[32],
                new RecordedEvents(events),
                warning -> events.add("warning " + warning));
        Q35Machine made = new Q35Machine(settings);
        machine = made;
        made.reset();
        return made;
    }

    private static DeviceDescriptor device(String driver, String... properties) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        return DeviceDescriptor.of(driver, map, "-device " + driver);
    }

    private static long config(Q35Machine m, int devfn, int register, int size) {
        m.ports().write(CONFIG_ADDRESS, 4, 0x8000_0000L | devfn << 8 | register & 0xfc);
        return m.ports().read(CONFIG_DATA + (register & 3), size);
    }

    private static void setConfig(Q35Machine m, int devfn, int register, int size, long value) {
        m.ports().write(CONFIG_ADDRESS, 4, 0x8000_0000L | devfn << 8 | register & 0xfc);
        m.ports().write(CONFIG_DATA + (register & 3), size, value);
    }

    private String refusal(DeviceDescriptor... devices) {
        return String.valueOf(assertThrows(ConfigException.class, () -> make(1, Map.of(), devices))
                .getMessage());
    }

    @Test
    void theKernelIsEnteredAsTheFirmwareLeavesIt() {
        Q35Machine m = make(2, Map.of());
        CpuState state = vcpus.get(0).state();
        assertEquals(0x10_0020, state.rip);
        assertEquals(0x2bad_b002L, state.gpr(CpuState.RAX));
        assertEquals(1, state.cr0 & 1);
        // RSDP in the BIOS area, and the 8259s answer with all but the cascade masked.
        assertEquals(0x2052_5450_2044_5352L, m.memory().read(0xe_0000, 8));
        assertEquals(0xfb, m.ports().read(0x21, 1));
        assertEquals(0xff, m.ports().read(0xa1, 1));
        // fw_cfg: two processors.
        m.ports().write(0x510, 2, 5);
        assertEquals(2, m.ports().read(0x511, 1));
        LocalApic first = vcpus.get(0).apic;
        assertNotNull(first);
        assertEquals(0xfee0_0900L, first.base());
    }

    @Test
    void everyResetLeavesTheSameMemoryAndChips() {
        Q35Machine m = make(1, Map.of());
        byte[] before = new byte[0x2_0000];
        m.memory().read(0xe_0000, before);
        long rcba = config(m, 0xf8, 0xf0, 4);
        m.memory().fill(0xe_0000, 0x1_0000, 0x55);
        setConfig(m, 0xf8, 0xf0, 4, 0);
        setConfig(m, 0, 0x60, 4, 0);
        m.reset();
        byte[] after = new byte[0x2_0000];
        m.memory().read(0xe_0000, after);
        assertArrayEquals(before, after);
        assertEquals(rcba, config(m, 0xf8, 0xf0, 4));
        assertEquals(0x29c0_8086, (int) m.memory().read(Q35MemoryMap.ECAM, 4));
    }

    @Test
    void configurationSpaceMovesWithPciexbar() {
        Q35Machine m = make(1, Map.of());
        assertEquals(0x2918_8086, (int) m.memory().read(Q35MemoryMap.ECAM + (0xf8 << 12), 4));
        setConfig(m, 0, 0x60, 4, 0xe000_0005L);
        assertEquals(0xffff_ffffL, m.memory().read(Q35MemoryMap.ECAM, 4));
        assertEquals(0x2930_8086, (int) m.memory().read(0xe000_0000L + (0xfb << 12), 4));
        // 64 MiB only.
        assertEquals(0xffff_ffffL, m.memory().read(0xe400_0000L, 4));
    }

    @Test
    void pamDecidesWhetherTheBiosAreaIsRam() {
        Q35Machine m = make(1, Map.of());
        AddressSpace memory = m.memory();
        memory.write(0xc_8000, 4, 0x1234);
        setConfig(m, 0, 0x92, 1, 0x31);
        memory.write(0xc_8000, 4, 0x9999);
        assertEquals(0x1234, memory.read(0xc_8000, 4));
        setConfig(m, 0, 0x92, 1, 0x30);
        assertEquals(0xffff_ffffL, memory.read(0xc_8000, 4));
        setConfig(m, 0, 0x92, 1, 0x33);
        assertEquals(0x1234, memory.read(0xc_8000, 4));
        setConfig(m, 0, 0x90, 1, 0);
        assertEquals(0xffff_ffffL, memory.read(0xf_fff0, 4));
        assertEquals(0x2052_5450, (int) (memory.read(0xe_0000, 8) >>> 32));
    }

    @Test
    void smramIsHiddenUntilOpenedAndStaysClosedOnceLocked() {
        AddressSpace memory = make(1, Map.of()).memory();
        Q35Machine m = Objects.requireNonNull(machine);
        assertEquals(0xffff_ffffL, memory.read(0xa_0000, 4));
        setConfig(m, 0, 0x9d, 1, 0x48);
        memory.write(0xa_0000, 4, 0x77);
        assertEquals(0x77, memory.read(0xa_0000, 4));
        setConfig(m, 0, 0x9d, 1, 0x58);
        assertEquals(0xffff_ffffL, memory.read(0xa_0000, 4));
        setConfig(m, 0, 0x9d, 1, 0x48);
        assertEquals(0x1a, config(m, 0, 0x9d, 1));
    }

    @Test
    void aFailedSmbusTransactionInterruptsThroughItsPirq() {
        Q35Machine m = make(1, Map.of());
        int base = (int) config(m, 0xfb, 0x20, 4) & ~1;
        assertEquals(10, config(m, 0xfb, 0x3c, 1));
        m.ports().write(base + 2, 1, 0x41);
        assertEquals(4, m.ports().read(base, 1));
        // PIRQA is routed to IRQ10: the slave's request register.
        m.ports().write(0xa0, 1, 0x0a);
        assertEquals(4, m.ports().read(0xa0, 1));
        m.ports().write(base, 1, 4);
        assertEquals(0, m.ports().read(0xa0, 1));
    }

    @Test
    void theGuestSwitchesOffResetsAndExits() {
        Q35Machine m = make(1, Map.of(), device("isa-debug-exit", "iobase", "0xf4", "iosize", "4"), device("pvpanic"));
        m.ports().write(0x604, 2, 0x2000);
        m.ports().write(0xcf9, 1, 2);
        m.ports().write(0xcf9, 1, 6);
        m.ports().write(0x64, 1, 0xfe);
        m.ports().write(0x92, 1, 1);
        m.ports().write(0xf4, 4, 3);
        m.ports().write(0x505, 1, 1);
        assertEquals(List.of("off", "reset", "reset", "reset", "exit 7", "panicked"), events);
        m.ports().write(0x3f8, 1, 'x');
        assertEquals("x", serial.toString());
    }

    @Test
    void theLocalApicPageFollowsItsBaseForItsOwnProcessorOnly() {
        make(2, Map.of());
        AddressSpace first = vcpus.get(0).config.memory();
        AddressSpace second = vcpus.get(1).config.memory();
        LocalApic apic = vcpus.get(1).apic;
        assertNotNull(apic);
        assertEquals(0, first.read(0xfee0_0020L, 4) >>> 24);
        assertEquals(1, second.read(0xfee0_0020L, 4) >>> 24);
        assertTrue(apic.setBase(0xd000_0800L));
        assertEquals(1, second.read(0xd000_0020L, 4) >>> 24);
        assertEquals(0xffff_ffffL, first.read(0xd000_0020L, 4));
        assertEquals(0xffff_ffffL, second.read(0xfee0_0020L, 4));
    }

    @Test
    void refusedDevicesAreNamedWithWhatStandsInTheWay() {
        assertTrue(refusal(device("isa-debug-exit", "iobase", "0x3f8")).matches(".*isa-debug-exit.*isa-serial.*"));
        assertTrue(refusal(device("isa-debug-exit", "iobase", "0x70")).matches(".*isa-debug-exit.*rtc.*"));
        assertTrue(refusal(device("pc-testdev", "bus", "pci.7")).endsWith("Bus 'pci.7' not found"));
        assertTrue(refusal(device("pc-testdev", "id", "a"), device("pvpanic", "id", "a"))
                .contains("Duplicate ID 'a'"));
        assertTrue(refusal(device("nosuch")).contains("'nosuch' is not a valid device model name"));
        assertTrue(refusal(device("mch")).contains("expects a pluggable device type"));
        assertTrue(refusal(device("pvpanic", "colour", "red")).contains("'pvpanic.colour' not found"));
    }

    @Test
    void pciDevicesTakeTheirSlotOrTheNextFreeOne() {
        assertTrue(refusal(device("pci-testdev", "addr", "1f.0"))
                .matches(".*slot 31 function 0 not available for device 'pci-testdev', in use by device 'ICH9-LPC'"));
        assertTrue(refusal(device("pci-testdev", "addr", "5"), device("pci-testdev", "id", "x", "addr", "5.1"))
                .contains("lacks multifunction=on"));
        assertTrue(refusal(device("pci-testdev", "bus", "isa.0")).contains("can't go on bus 'isa.0'"));
        events.clear();
        Q35Machine m = make(
                1,
                Map.of(),
                device("pci-testdev", "addr", "1"),
                device("pci-testdev", "membar", "8G"),
                device("pci-testdev", "addr", "5", "multifunction", "on"),
                device("pci-testdev", "addr", "5.7"));
        for (int devfn : new int[] {1 << 3, 2 << 3, 5 << 3, 5 << 3 | 7}) {
            assertEquals(0x0005_1b36, config(m, devfn, 0, 4));
            assertEquals(3, config(m, devfn, 4, 2) | 1);
        }
        assertEquals(0x80, config(m, 5 << 3, 0xe, 1));
        long high = config(m, 2 << 3, 0x1c, 4) << 32 | config(m, 2 << 3, 0x18, 4) & ~0xfL;
        assertTrue(high >= 1L << 32 && high % (8 * Units.GIB) == 0, Long.toHexString(high));
        long memory = config(m, 1 << 3, 0x10, 4);
        m.memory().write(memory, 1, 0);
        assertEquals(0x800, m.memory().read(memory + 4, 4));
    }

    @Test
    void optionsLeaveChipsOutAndUnknownOnesAreRefused() {
        Q35Machine m = make(1, Map.of("hpet", "off", "i8042", "off", "pit", "off"));
        assertNull(m.keyboard());
        assertEquals(0xffff_ffffL, m.memory().read(Q35MemoryMap.HPET, 4));
        assertEquals(0xff, m.ports().read(0x64, 1));
        ConfigException e = assertThrows(ConfigException.class, () -> Q35Options.parse(Map.of("turbo", "on")));
        assertEquals("Property 'q35.turbo' not found", e.getMessage());
        assertTrue(Q35Options.propertiesHelp().contains("hpet=<bool>"));
    }

    @Test
    void noAccessToAnyPortOrDeviceAddressThrows() {
        Q35Machine m = make(1, Map.of(), device("pc-testdev"));
        Random random = new Random(3);
        long[] bases = {0xa_0000, 0xb000_0000L, 0xfec0_0000L, 0xfed0_0000L, 0xfed1_c000L, 0xfee0_0000L, 0xff00_0000L};
        for (int i = 0; i < 300_000; i++) {
            int size = 1 << random.nextInt(3);
            long address = bases[random.nextInt(bases.length)] + random.nextInt(0x4000);
            int port = random.nextInt(4) == 0 ? random.nextInt(0x1_0000) : random.nextInt(0x1000);
            if (random.nextBoolean()) {
                m.ports().read(port, size);
                m.memory().read(address, 1 << random.nextInt(4));
            } else {
                m.ports().write(port, size, random.nextLong());
                m.memory().write(address, 1 << random.nextInt(4), random.nextLong());
            }
        }
        m.reset();
        assertEquals(0x29c0_8086, (int) config(m, 0, 0, 4));
        assertEquals("PTR ", new String(bytes(m, 0xe_0004, 4), StandardCharsets.US_ASCII));
    }

    private static byte[] bytes(Q35Machine m, long address, int length) {
        byte[] bytes = new byte[length];
        m.memory().read(address, bytes);
        return bytes;
    }
}
