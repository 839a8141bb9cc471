package dev.veery.q35;

import static dev.veery.q35.QuietMachines.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A guest that writes anything of any width anywhere in configuration space, base addresses, registers, memory and slots of
 * every kind of PCI device: no exception leaves the machine, and after a reset it is as new.
 */
class PciFuzzTest {
    private static final int STEPS = 1_200;
    private static final int RESETS = 30;
    private static final long ECAM = 0xb000_0000L;
    private static final long ECAM_SIZE = 256 << 20;
    private static final long WINDOW = 0xc000_0000L;

    /** Memory where queues, rings and tables may be. */
    private static final int RINGS = 0x8_0000;

    private static final int ADDRESS_PORT = 0xcf8;

    private static final int DATA_PORT = 0xcfc;
    private static final int FIRST_BAR_PORT = 0xc000;

    private QuietMachines machines;

    @BeforeEach
    void open(@TempDir Path dir) throws IOException {
        machines = new QuietMachines(dir);
    }

    @AfterEach
    void close() {
        machines.close();
    }

    private Q35Machine machine() {
        return machines.start(
                device("pcie-root-port", "id", "rp", "addr", "2", "chassis", "1", "bus-reserve", "2"),
                device("x3130-upstream", "id", "up", "bus", "rp"),
                device("xio3130-downstream", "id", "d1", "bus", "up", "chassis", "2"),
                device("xio3130-downstream", "id", "d2", "bus", "up", "chassis", "3"),
                device("edu", "id", "e1", "bus", "d1"),
                device("ioh3420", "id", "old", "addr", "3", "chassis", "4"),
                device("pcie-pci-bridge", "id", "pb", "bus", "old"),
                device("edu", "id", "e2", "bus", "pb", "addr", "3"),
                device("pci-testdev", "id", "t1", "bus", "pb", "addr", "4"),
                device("pcie-root-port", "id", "empty", "addr", "4", "chassis", "5"),
                device("virtio-rng-pci", "id", "v1", "addr", "5"),
                device("virtio-rng-pci", "id", "v2", "bus", "d2"),
                device("edu", "id", "e3", "addr", "6"),
                device("nvme", "addr", "7", "drive", "d1", "serial", "1"),
                device("nvme", "addr", "8", "id", "n2", "serial", "2"),
                device("nvme-ns", "bus", "n2", "drive", "d2"),
                device("virtio-blk-pci", "addr", "9", "drive", "d3"),
                device("virtio-net-pci", "addr", "a", "netdev", "n1"),
                device("e1000e", "addr", "b", "netdev", "n2"),
                device("intel-iommu"));
    }

    private static long value(Random random, int size) {
        long value;
        switch (random.nextInt(6)) {
            case 0:
                value = -1L;
                break;
            case 1:
                value = 1L << random.nextInt(64);
                break;
            case 2:
                value = random.nextInt(256);
                break;
            case 3:
                value = WINDOW + ((long) random.nextInt(0x20) << 20);
                break;
            case 4:
                value = random.nextInt(RINGS) & -16;
                break;
            default:
                value = random.nextLong();
                break;
        }
        return value & -1L >>> 64 - 8 * size;
    }

    private static @Nullable PciDevice anyFunction(Q35Machine m, Random random) {
        List<Device> all = m.devices().devices();
        Device device = all.get(random.nextInt(all.size()));
        return device instanceof PciDevice ? (PciDevice) device : null;
    }

    /** Somewhere in configuration space, mostly where something is. */
    private static long configuration(Q35Machine m, Random random) {
        PciDevice function = anyFunction(m, random);
        if (function == null || random.nextInt(8) == 0) {
            return random.nextInt((int) ECAM_SIZE);
        }
        int bus = function.pciBus().number();
        int register = random.nextInt(4) == 0 ? random.nextInt(0x1000) : random.nextInt(0x100);
        return (long) bus << 20 | (long) function.devfn() << 12 | register;
    }

    /** Somewhere in memory that may be a device's. */
    private static long register(Q35Machine m, Random random) {
        PciDevice function = anyFunction(m, random);
        if (function == null || function.bars().isEmpty()) {
            return WINDOW + random.nextInt(0x140_0000);
        }
        PciBar bar = function.bars().get(random.nextInt(function.bars().size()));
        long within = random.nextInt(4) == 0 ? random.nextInt((int) bar.size()) : random.nextInt(0x100);
        return (function.config().get(bar.offset(), 4) & ~0xfL) + within;
    }

    /** One access; what it read, or 0. */
    private static long step(Q35Machine m, Random random) {
        int size = 1 << random.nextInt(4);
        switch (random.nextInt(10)) {
            case 8:
            case 9:
                m.memory().write(random.nextInt(RINGS), size, value(random, size));
                break;
            case 0:
            case 1:
                m.memory().write(ECAM + configuration(m, random), size, value(random, size));
                break;
            case 2:
                return m.memory().read(ECAM + configuration(m, random), size) << 64 - 8 * size;
            case 3:
                m.ports().write(ADDRESS_PORT, 4, 0x8000_0000L | configuration(m, random) >> 4);
                m.ports().write(DATA_PORT + random.nextInt(4), 1 << random.nextInt(3), value(random, 4));
                break;
            case 4:
                return m.ports().read(DATA_PORT, 4) << 32;
            case 5:
                m.memory().write(register(m, random), size, value(random, size));
                break;
            case 6:
                return m.memory().read(register(m, random), size) << 64 - 8 * size;
            default:
                int port = FIRST_BAR_PORT + random.nextInt(0x2000);
                m.ports().write(port, 1 << random.nextInt(3), value(random, 4));
                m.ports().read(port, 1 << random.nextInt(3));
                break;
        }
        return 0;
    }

    private static long slotZero(Q35Machine m, int bus, int slot, int register) {
        return m.memory().read(ECAM + (bus << 20 | slot << 15 | register), 4);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20_211, 0x5eed})
    void noExceptionLeavesAndAResetMakesItNew(long seed) {
        Random random = new Random(seed);
        try (Q35Machine m = machine()) {
            for (int reset = 0; reset < RESETS; reset++) {
                int answered = 0;
                for (int i = 0; i < STEPS; i++) {
                    long read = step(m, random);
                    answered += read != 0 && Long.bitCount(~read & Long.MIN_VALUE >> 7) != 0 ? 1 : 0;
                    if (random.nextInt(64) == 0) {
                        machines.clock().advance(2_000_000);
                    }
                }
                // Otherwise it would have fuzzed nothing.
                assertTrue(answered > STEPS / 50, answered + " answers");
                m.reset();
                assertEquals(0x000c_1b36L, slotZero(m, 0, 2, 0));
                assertEquals(0x11e8_1234L, slotZero(m, 0, 6, 0));
                long bar = slotZero(m, 0, 6, 0x10) & ~0xfL;
                assertEquals(0x0100_00edL, m.memory().read(bar, 4));
            }
            assertTrue(
                    machines.events.stream().allMatch(event -> event.startsWith("deleted ")),
                    machines.events::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8})
    void devicesComeAndGoInBetween(long seed) {
        Random random = new Random(seed);
        try (Q35Machine m = machine()) {
            for (int i = 0; i < 10 * STEPS; i++) {
                step(m, random);
                if (random.nextInt(300) == 0) {
                    m.reset();
                }
                if (random.nextInt(32) == 0) {
                    comeOrGo(m, random);
                }
            }
            m.reset();
            assertEquals(0x11e8_1234L, slotZero(m, 0, 6, 0));
        }
    }

    /** What may be refused, but with an error for people and nothing left behind. */
    private static void comeOrGo(Q35Machine m, Random random) {
        List<String> slots = List.of("rp", "old", "empty");
        String id = "hot" + random.nextInt(3);
        int before = m.devices().devices().size();
        boolean add = random.nextBoolean();
        try {
            if (add) {
                DeviceDescriptor device = device(
                        random.nextBoolean() ? "edu" : "pci-testdev", "id", id, "bus", slots.get(random.nextInt(3)));
                m.deviceAdd(device);
                assertEquals(before + 1, m.devices().devices().size());
            } else {
                m.deviceDel(id);
            }
        } catch (ConfigException e) {
            assertEquals(before, m.devices().devices().size(), e.getMessage());
        }
    }
}
