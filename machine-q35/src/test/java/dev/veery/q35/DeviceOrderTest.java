package dev.veery.q35;

import static dev.veery.q35.QuietMachines.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaPlan;
import dev.veery.dma.DmaPlanner;
import dev.veery.dma.TranslationUnit;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.model.DeviceDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The order in which devices are named makes no difference, wherever among them the IOMMU stands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeviceOrderTest {
    private static final int CONFIGURATIONS = 200;
    private static final int FEW = 8;
    private static final int PERMUTATIONS = 120;

    private static final int BUSES = 12;
    private static final List<String> ENDPOINTS = List.of("pci-testdev", "edu", "virtio-rng-pci", "edu");

    private @Nullable QuietMachines machines;

    @BeforeAll
    void allocate(@TempDir Path dir) throws IOException {
        machines = new QuietMachines(dir);
    }

    @AfterAll
    void free() {
        Objects.requireNonNull(machines).close();
    }

    private Q35Machine make(
            List<DeviceDescriptor> devices,
            Map<String, String> options,
            BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        return Objects.requireNonNull(machines).make(devices, options, planner);
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

    /** Everything about a machine that a guest or a device could tell apart, once firmware has set it up. */
    private String outcome(List<DeviceDescriptor> devices, BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        try (Q35Machine m = make(devices, Map.of(), planner)) {
            StringBuilder text = new StringBuilder(m.dmaPlan().toString());
            m.acpiTables()
                    .tables()
                    .forEach((name, table) ->
                            text.append('\n').append(name).append(' ').append(Arrays.toString(table)));
            m.reset();
            for (int bus = 0; bus < BUSES; bus++) {
                for (int slot = 0; slot < 32; slot++) {
                    if (read(m, bus, slot << 3, 0) != 0xffff_ffffL) {
                        appendSlot(m, bus, slot, text);
                    }
                }
            }
            return text.toString();
        }
    }

    private static void appendSlot(Q35Machine m, int bus, int slot, StringBuilder text) {
        for (int function = 0; function < 8; function++) {
            int devfn = slot << 3 | function;
            text.append('\n').append(bus).append('/').append(devfn);
            for (int register = 0; register < 0x40; register += 4) {
                text.append(' ').append(Long.toHexString(read(m, bus, devfn, register)));
            }
        }
    }

    private static long read(Q35Machine m, int bus, int devfn, int register) {
        m.ports().write(0xcf8, 4, 0x8000_0000L | bus << 16 | devfn << 8 | register);
        return m.ports().read(0xcfc, 4);
    }

    /** 3 to 8 devices, the IOMMU one of them, functions at addresses of their own, on the root bus and below ports. */
    private static List<DeviceDescriptor> configuration(Random random) {
        List<DeviceDescriptor> devices = new ArrayList<>();
        String[][] units = {{}, {"intremap", "off"}, {"aw-bits", "39"}, {"device-iotlb", "on", "caching-mode", "on"}};
        devices.add(device("intel-iommu", units[random.nextInt(units.length)]));
        Places places = new Places(random);
        List<String> singles = new ArrayList<>(List.of("pvpanic", "isa-debug-exit", "pc-testdev"));
        Collections.shuffle(singles, random);
        int count = 3 + random.nextInt(6);
        while (devices.size() < count) {
            int kind = random.nextInt(8);
            if (kind == 0 && !singles.isEmpty()) {
                devices.add(device(singles.remove(0)));
            } else if (kind <= 2) {
                devices.add(places.root(random.nextBoolean() ? "pcie-root-port" : "ioh3420", devices.size()));
            } else if (kind == 3) {
                devices.add(places.bridge(devices.size()));
            } else {
                devices.add(places.endpoint(ENDPOINTS.get(kind - 4), devices.size()));
            }
        }
        return devices;
    }

    /** Where there is room, and who may go there. */
    private static final class Places {
        private final Random random;
        private final List<Integer> slots = new ArrayList<>();
        private final List<String> express = new ArrayList<>();
        private final List<String> upstream = new ArrayList<>();
        private final List<String[]> conventional = new ArrayList<>();

        Places(Random random) {
            this.random = random;
            for (int slot = 1; slot < 0x1f; slot++) {
                slots.add(slot);
            }
            Collections.shuffle(slots, random);
        }

        private String slot() {
            return Integer.toHexString(slots.remove(0));
        }

        DeviceDescriptor root(String driver, int n) {
            express.add("p" + n);
            return device(driver, "id", "p" + n, "addr", slot(), "chassis", Integer.toString(n));
        }

        DeviceDescriptor bridge(int n) {
            String id = "b" + n;
            if (!upstream.isEmpty()) {
                express.add(id);
                String bus = upstream.remove(0);
                return device("xio3130-downstream", "id", id, "bus", bus, "addr", "2", "chassis", Integer.toString(n));
            }
            if (!express.isEmpty() && random.nextBoolean()) {
                upstream.add(id);
                return device("x3130-upstream", "id", id, "bus", express.remove(0), "addr", "0");
            }
            conventional.add(new String[] {id, "1"});
            conventional.add(new String[] {id, "1e"});
            return device("pcie-pci-bridge", "id", id, "addr", slot());
        }

        DeviceDescriptor endpoint(String driver, int n) {
            String id = "e" + n;
            if (!conventional.isEmpty()) {
                String[] place = conventional.remove(0);
                return device(driver, "id", id, "bus", place[0], "addr", place[1]);
            }
            if (!express.isEmpty()) {
                return device(driver, "id", id, "bus", express.remove(0), "addr", "0");
            }
            return device(driver, "id", id, "addr", slot());
        }
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
        // A port only sends interrupts, and its place before the IOMMU does not matter; what is behind it does.
        List<DeviceDescriptor> ports = List.of(
                device("pvpanic"),
                device("pcie-root-port", "id", "p"),
                device("virtio-rng-pci", "iommu_platform", "off"),
                device("intel-iommu"),
                device("edu", "bus", "p"));
        make(ports, strict, CommitPlanner::new).close();
        List<DeviceDescriptor> behind =
                List.of(device("pcie-root-port", "id", "p"), device("edu", "bus", "p"), device("intel-iommu"));
        e = assertThrows(ConfigException.class, () -> make(behind, strict, CommitPlanner::new));
        assertTrue(e.getMessage().contains("move '-device intel-iommu' in front of device 'edu'"), e.getMessage());
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
