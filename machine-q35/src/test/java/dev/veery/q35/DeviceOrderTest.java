package dev.veery.q35;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.base.Units;
import dev.veery.cpu.state.CpuModels;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaPlan;
import dev.veery.dma.DmaPlanner;
import dev.veery.dma.TranslationUnit;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceDescriptor;
import dev.veery.time.ManualClock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The order in which devices are named makes no difference, wherever among them the IOMMU stands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeviceOrderTest {
    private static final int CONFIGURATIONS = 200;
    private static final int FEW = 8;
    private static final int PERMUTATIONS = 120;
    private static final long RAM = 64 * Units.MIB;

    private final List<String> warnings = new ArrayList<>();
    private long host;

    @BeforeAll
    void allocate() {
        host = OffHeap.allocateUninitialized(RAM, 4096);
    }

    @AfterAll
    void free() {
        OffHeap.free(host);
    }

    /** Hands out the same memory each time: none of these machines ever runs. */
    private final class SharedMemory implements RamAllocator {
        @Override
        public RamBacking allocate(String name, long size) {
            return new RamBacking() {
                @Override
                public long host() {
                    return host;
                }

                @Override
                public long size() {
                    return size;
                }

                @Override
                public void close() {}
            };
        }
    }

    private static final class QuietAccelerator implements Accelerator {
        @Override
        public String name() {
            return "quiet";
        }

        @Override
        public Vcpu createVcpu(VcpuConfig config) {
            return new QuietVcpu(config);
        }
    }

    /** The mistake of 2021: a device asks for its address space as soon as it is plugged. */
    private static final class EagerPlanner implements DmaPlanner {
        private final CommitPlanner now;
        private final DmaPlanner identity;
        private final List<DmaDomainLease> early = new ArrayList<>();
        private boolean installed;

        EagerPlanner(AddressSpace memory, MsiSink msi) {
            now = new CommitPlanner(memory, msi);
            identity = new CommitPlanner(memory, msi);
        }

        @Override
        public void checkInstall(String device) {
            now.checkInstall(device);
        }

        @Override
        public List<DmaDomainLease> leases() {
            return now.leases();
        }

        @Override
        public void install(TranslationUnit unit) {
            now.install(unit);
            installed = true;
        }

        @Override
        public void add(DmaDomainLease lease) {
            if (!installed) {
                early.add(lease);
                identity.add(lease);
            } else {
                now.add(lease);
            }
        }

        @Override
        public void remove(DmaDomainLease lease) {
            now.remove(lease);
        }

        @Override
        public void commit() {
            now.commit();
            identity.commit();
        }

        @Override
        public DmaPlan plan() {
            List<DmaPlan.Entry> all = new ArrayList<>(now.plan().entries());
            all.addAll(identity.plan().entries());
            return new DmaPlan(now.plan().unit(), all);
        }

        @Override
        public DmaDomain domain(DmaDomainLease lease) {
            return early.contains(lease) ? identity.domain(lease) : now.domain(lease);
        }
    }

    private Q35Machine make(
            List<DeviceDescriptor> devices,
            Map<String, String> options,
            BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        MachineLock lock = new MachineLock();
        return new Q35Machine(
                new Q35Settings(
                        lock,
                        new ManualClock(lock),
                        () -> 0,
                        new SharedMemory(),
                        new QuietAccelerator(),
                        CpuModels.parse("qemu64"),
                        1,
                        RAM,
                        Q35Options.parse(options),
                        null,
                        List.of(),
                        id -> {
                            throw new ConfigException("chardev '" + id + "' does not exist");
                        },
                        Q35Backends.NONE,
                        devices,
                        List.of(),
                        new UUID(1, 2),
                        "1",
                        new byte[32],
                        new NoEvents(),
                        warnings::add),
                planner);
    }

    private static final class NoEvents implements MachineEvents {
        @Override
        public void poweredOff() {}

        @Override
        public void resetRequested() {}

        @Override
        public void debugExit(int status) {}

        @Override
        public void guestPanicked() {}

        @Override
        public void tripleFault(Vcpu vcpu) {}

        @Override
        public void engineFailed(Vcpu vcpu, Throwable cause) {}
    }

    /** Everything about a committed machine that a guest or a device could tell apart. */
    private String outcome(List<DeviceDescriptor> devices, BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        try (Q35Machine m = make(devices, Map.of(), planner)) {
            StringBuilder text = new StringBuilder(m.dmaPlan().toString());
            m.acpiTables()
                    .tables()
                    .forEach((name, table) ->
                            text.append('\n').append(name).append(' ').append(Arrays.toString(table)));
            for (int devfn = 0; devfn < 256; devfn++) {
                text.append('\n').append(devfn);
                for (int register = 0; register < 0x40; register += 4) {
                    m.ports().write(0xcf8, 4, 0x8000_0000L | devfn << 8 | register);
                    long value = m.ports().read(0xcfc, 4);
                    if (register == 0 && value == 0xffff_ffffL) {
                        break;
                    }
                    text.append(' ').append(Long.toHexString(value));
                }
            }
            return text.toString();
        }
    }

    private static DeviceDescriptor device(String driver, String... properties) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        return DeviceDescriptor.of(driver, map, "");
    }

    /** 3 to 8 devices, the IOMMU one of them, functions at addresses of their own. */
    private static List<DeviceDescriptor> configuration(Random random) {
        List<DeviceDescriptor> devices = new ArrayList<>();
        String[][] units = {{}, {"intremap", "off"}, {"aw-bits", "39"}, {"device-iotlb", "on", "caching-mode", "on"}};
        devices.add(device("intel-iommu", units[random.nextInt(units.length)]));
        List<String> singles = new ArrayList<>(List.of("pvpanic", "isa-debug-exit", "pc-testdev"));
        Collections.shuffle(singles, random);
        List<Integer> slots = new ArrayList<>();
        for (int slot = 1; slot < 0x1f; slot++) {
            slots.add(slot);
        }
        Collections.shuffle(slots, random);
        int count = 3 + random.nextInt(6);
        while (devices.size() < count) {
            String addr = Integer.toHexString(slots.remove(0));
            int kind = random.nextInt(4);
            if (kind == 0 && !singles.isEmpty()) {
                devices.add(device(singles.remove(0)));
            } else if (kind == 1) {
                devices.add(device("pci-testdev", "addr", addr, "id", "t" + addr));
            } else {
                devices.add(device("edu", "addr", addr, "id", "e" + addr));
            }
        }
        return devices;
    }

    /** All permutations if there are few enough, otherwise a random choice of them. */
    private static List<List<DeviceDescriptor>> permutations(List<DeviceDescriptor> devices, Random random) {
        List<List<DeviceDescriptor>> result = new ArrayList<>();
        if (devices.size() <= 5) {
            permute(new ArrayList<>(), devices, result);
            return result;
        }
        for (int i = 0; i < PERMUTATIONS; i++) {
            List<DeviceDescriptor> shuffled = new ArrayList<>(devices);
            Collections.shuffle(shuffled, random);
            result.add(shuffled);
        }
        return result;
    }

    private static void permute(
            List<DeviceDescriptor> head, List<DeviceDescriptor> rest, List<List<DeviceDescriptor>> result) {
        if (rest.isEmpty()) {
            result.add(head);
        }
        for (DeviceDescriptor next : rest) {
            List<DeviceDescriptor> longer = new ArrayList<>(head);
            longer.add(next);
            List<DeviceDescriptor> fewer = new ArrayList<>(rest);
            fewer.remove(next);
            permute(longer, fewer, result);
        }
    }

    /** How many of a number of random configurations depend on the order of their devices. */
    private int dependent(int configurations, BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        Random random = new Random(2021);
        int dependent = 0;
        for (int i = 0; i < configurations; i++) {
            List<DeviceDescriptor> devices = configuration(random);
            String expected = outcome(devices, planner);
            boolean same = true;
            for (List<DeviceDescriptor> permutation : permutations(devices, random)) {
                same &= expected.equals(outcome(permutation, planner));
            }
            dependent += same ? 0 : 1;
        }
        return dependent;
    }

    @Test
    void noOrderOfDevicesMakesADifference() {
        assertEquals(0, dependent(FEW, CommitPlanner::new));
    }

    @Test
    @Tag("slow")
    void noOrderOfDevicesMakesADifferenceInManyMachines() {
        assertEquals(0, dependent(CONFIGURATIONS, CommitPlanner::new));
    }

    @Test
    void resolvingDomainsWhenDevicesArePluggedWouldBeNoticed() {
        // All but those without a device that uses memory.
        int noticed = dependent(FEW, EagerPlanner::new);
        assertTrue(noticed >= FEW * 3 / 4, noticed + " of " + FEW);
    }

    @Test
    void strictOrderNamesTheDeviceAndWhatToMove() {
        List<DeviceDescriptor> wrong = List.of(device("edu", "id", "e0"), device("intel-iommu"));
        Map<String, String> strict = Map.of("viommu-order", "strict");
        ConfigException e = assertThrows(ConfigException.class, () -> make(wrong, strict, CommitPlanner::new));
        assertTrue(
                e.getMessage().matches(".*'edu' \\(id 'e0'\\).*before.*'intel-iommu'.*move '-device intel-iommu'.*"),
                e.getMessage());
        assertFalse(e.isUsage());
        make(List.of(wrong.get(1), wrong.get(0)), strict, CommitPlanner::new).close();
        make(List.of(device("pvpanic"), device("intel-iommu")), strict, CommitPlanner::new)
                .close();
    }

    @Test
    void thereIsOneIommuAndItComesBeforeTheStart() {
        DeviceDescriptor first = device("intel-iommu", "id", "a");
        DeviceDescriptor second = device("intel-iommu", "id", "b");
        ConfigException e =
                assertThrows(ConfigException.class, () -> make(List.of(first, second), Map.of(), CommitPlanner::new));
        assertTrue(e.getMessage().matches(".*\\(id 'b'\\).*\\(id 'a'\\).*"), e.getMessage());
        try (Q35Machine m = make(List.of(device("edu", "id", "x")), Map.of(), CommitPlanner::new)) {
            e = assertThrows(ConfigException.class, () -> m.devices().add(second));
            assertTrue(e.getMessage().matches(".*running machine.*'edu' \\(id 'x'\\) at pcie.0/01.0"), e.getMessage());
        }
        try (Q35Machine m = make(List.of(device("edu"), first), Map.of(), CommitPlanner::new)) {
            e = assertThrows(ConfigException.class, () -> m.devices().remove("a"));
            assertTrue(e.getMessage().contains("cannot be removed"), e.getMessage());
        }
    }
}
