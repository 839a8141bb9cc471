package dev.veery.q35;

import static dev.veery.q35.QuietMachines.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.dma.CommitPlanner;
import dev.veery.model.DeviceDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Buses, bridges and slots as the board sets them up, seen through the guest's ports and memory. */
class PciTopologyTest {
    private static final long ECAM = 0xb000_0000L;
    private static final long EDU = 0x11e8_1234L;
    private static final long EDU_REGISTER = 0x0100_00edL;
    private static final int BAR0 = 0x10;
    private static final int BUSES = 0x18;
    private static final int INTERRUPT = 0x3c;
    /** Express is the first capability of ports. */
    private static final int SLOT_CONTROL = 0x40 + 0x18;

    private static final int SLOT_STATUS = 0x40 + 0x1a;
    private static final int PRESENT = 1 << 6;
    private static final int BUTTON = 1;
    private static final int LIGHT_ON = 1 << 8;
    private static final int LIGHT_AND_POWER_OFF = 3 << 8 | 1 << 10;

    private QuietMachines machines;

    @BeforeEach
    void open(@TempDir Path dir) throws IOException {
        machines = new QuietMachines(dir);
    }

    @AfterEach
    void close() {
        machines.close();
    }

    private static long config(int bus, int slot, int function, int register) {
        return ECAM + (bus << 20 | slot << 15 | function << 12 | register);
    }

    private static long read(Q35Machine m, int bus, int slot, int register, int size) {
        return m.memory().read(config(bus, slot, 0, register), size);
    }

    private static void write(Q35Machine m, int bus, int slot, int register, int size, long value) {
        m.memory().write(config(bus, slot, 0, register), size, value);
    }

    /** What a device's first register holds where its BAR says. */
    private static long behindBar(Q35Machine m, int bus, int slot) {
        return m.memory().read(read(m, bus, slot, BAR0, 4) & ~0xfL, 4);
    }

    /** A switch in a switch, each device named in front of what it sits behind, and a bridge to conventional PCI. */
    private Q35Machine tree() {
        return machines.start(
                device("edu", "id", "deep", "bus", "d2"),
                device("xio3130-downstream", "id", "d2", "bus", "u2", "chassis", "3"),
                device("x3130-upstream", "id", "u2", "bus", "d1"),
                device("xio3130-downstream", "id", "d1", "bus", "u1", "addr", "4", "chassis", "2"),
                device("x3130-upstream", "id", "u1", "bus", "rp"),
                device("pcie-root-port", "id", "rp", "addr", "2", "chassis", "1"),
                device("edu", "id", "old", "bus", "pb", "addr", "3"),
                device("pcie-pci-bridge", "id", "pb", "addr", "3"),
                device("edu", "bus", "pb", "addr", "5"),
                device("pci-testdev", "id", "test", "bus", "pb", "addr", "7"));
    }

    @Test
    void busesAreNumberedDepthFirstAndDevicesAnswerBehindTheirWindows() {
        try (Q35Machine m = tree()) {
            assertEquals(0x05_01_00, read(m, 0, 2, BUSES, 4));
            assertEquals(0x05_02_01, read(m, 1, 0, BUSES, 4));
            assertEquals(0x05_03_02, read(m, 2, 4, BUSES, 4));
            assertEquals(0x05_04_03, read(m, 3, 0, BUSES, 4));
            assertEquals(0x05_05_04, read(m, 4, 0, BUSES, 4));
            assertEquals(0x06_06_00, read(m, 0, 3, BUSES, 4));
            assertEquals(EDU, read(m, 5, 0, 0, 4));
            assertEquals(EDU_REGISTER, behindBar(m, 5, 0));
            assertEquals(EDU, read(m, 6, 3, 0, 4));
            assertEquals(EDU_REGISTER, behindBar(m, 6, 3));
            assertEquals(0xffff_ffffL, read(m, 7, 0, 0, 4));
            // The test device has ports, so that its bridge forwards some; the ports of Express forward none.
            assertEquals(0xc0, read(m, 0, 3, 0x1c, 1) & 0xf0);
            assertTrue((read(m, 0, 2, 0x1c, 1) & 0xf0) > (read(m, 0, 2, 0x1d, 1) & 0xf0));
        }
    }

    @Test
    void eachWindowLiesWithinThatOfTheBridgeAbove() {
        try (Q35Machine m = tree()) {
            long[] outer = {0, 0xffff_ffffL};
            int[][] path = {{0, 2}, {1, 0}, {2, 4}, {3, 0}, {4, 0}};
            for (int[] at : path) {
                long base = (read(m, at[0], at[1], 0x20, 2) & 0xfff0) << 16;
                long limit = (read(m, at[0], at[1], 0x22, 2) & 0xfff0) << 16 | 0xf_ffff;
                assertTrue(outer[0] <= base && base < limit && limit <= outer[1], at[0] + "/" + at[1]);
                outer = new long[] {base, limit};
            }
            long bar = read(m, 5, 0, BAR0, 4) & ~0xfL;
            assertTrue(outer[0] <= bar && bar + 0xf_ffff <= outer[1]);
        }
    }

    @Test
    void pinsAreRotatedOnTheirWayUp() {
        try (Q35Machine m = tree()) {
            // INTA of slot 3 leaves the bridge as INTD, and INTD of root slot 3 is PIRQ E + (3 + 3) % 4; and so on.
            assertEquals(Q35IrqMap.FIRMWARE_PIRQS[4 + 2], read(m, 6, 3, INTERRUPT, 1));
            assertEquals(Q35IrqMap.FIRMWARE_PIRQS[4], read(m, 6, 5, INTERRUPT, 1));
            // Slot 4 of the switch turns nothing, and root slot 2 is PIRQ E + 2.
            assertEquals(Q35IrqMap.FIRMWARE_PIRQS[4 + 2], read(m, 5, 0, INTERRUPT, 1));
        }
    }

    @Test
    void conventionalPciHasNoExtendedSpace() {
        try (Q35Machine m = machines.start(
                device("pcie-root-port", "id", "rp", "chassis", "1"),
                device("pcie-pci-bridge", "id", "pb", "bus", "rp"))) {
            assertEquals(1, read(m, 0, 1, 0x100, 2));
            assertEquals(1, read(m, 1, 0, 0x100, 2));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "edu,bus=nowhere                              | Bus 'nowhere' not found",
                "edu,bus=rp,addr=1                            | only allows plugging into slot 0",
                "edu,bus=rp                                   | no slot available",
                "edu,bus=up                                   | takes xio3130-downstream ports",
                "pcie-root-port,bus=rp2,chassis=9             | is a root port",
                "pcie-root-port,chassis=1                     | same chassis and slot number as device 'pcie-root-port' (id 'rp')",
                "x3130-upstream                               | goes below a root port",
                "xio3130-downstream,chassis=9                 | goes below an x3130-upstream",
                "xio3130-downstream,bus=rp2,chassis=9         | goes below an x3130-upstream",
                "pcie-root-port,id=isa.0,chassis=9            | there is a bus 'isa.0' already",
                "edu,bus=isa.0                                | only on a PCI bus",
                "pvpanic,bus=rp2                              | can't go on bus 'rp2'",
                "pcie-root-port,chassis=9,slot=8192           | takes 0 to 8191",
                "pcie-root-port,chassis=9,pref32-reserve=1M,pref64-reserve=1M | exclude each other",
                "edu,bus=loop,id=loop                         | Bus 'loop' not found"
            })
    void whatCannotWorkIsRefusedInOneLine(String wrong, String message) {
        List<DeviceDescriptor> devices = new ArrayList<>(List.of(
                device("pcie-root-port", "id", "rp", "chassis", "1"),
                device("x3130-upstream", "id", "up", "bus", "rp"),
                device("pcie-root-port", "id", "rp2", "chassis", "2")));
        String[] parts = wrong.split("[,=]", -1);
        String[] properties = new String[parts.length - 1];
        System.arraycopy(parts, 1, properties, 0, properties.length);
        devices.add(device(parts[0], properties));
        ConfigException e = assertThrows(
                ConfigException.class,
                () -> machines.make(devices, Map.of(), CommitPlanner::new).close());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    @Test
    void whatUsersReserveIsSetAside() {
        try (Q35Machine m = machines.start(
                device(
                        "pcie-root-port",
                        "id",
                        "a",
                        "chassis",
                        "1",
                        "addr",
                        "1",
                        "bus-reserve",
                        "3",
                        "io-reserve",
                        "4K"),
                device("pcie-root-port", "chassis", "2", "addr", "2", "mem-reserve", "32M", "pref64-reserve", "16G"))) {
            assertEquals(0x04_01_00, read(m, 0, 1, BUSES, 4));
            assertEquals(0x05_05_00, read(m, 0, 2, BUSES, 4));
            assertEquals(read(m, 0, 1, 0x1c, 1), read(m, 0, 1, 0x1d, 1));
            assertEquals(31, (read(m, 0, 2, 0x22, 2) - read(m, 0, 2, 0x20, 2)) >> 4);
            long base = read(m, 0, 2, 0x28, 4);
            assertEquals(3, read(m, 0, 2, 0x2c, 4) - base);
            assertTrue(base >= 1);
        }
    }

    @Test
    void whatIsAddedIsVettedLikeTheRest() {
        try (Q35Machine m = machines.start(
                device("pcie-root-port", "id", "rp", "chassis", "1"),
                device("pcie-root-port", "id", "full", "chassis", "2"),
                device("pcie-root-port", "id", "fixed", "chassis", "3", "hotplug", "off"),
                device("edu", "id", "e", "bus", "full"))) {
            int before = m.devices().devices().size();
            refused(m, device("edu"), "Bus 'pcie.0' does not support hotplugging");
            refused(m, device("edu", "bus", "fixed"), "Bus 'fixed' does not support hotplugging");
            refused(m, device("edu", "bus", "full"), "no slot available");
            refused(m, device("edu", "bus", "rp", "addr", "1"), "only allows plugging into slot 0");
            refused(m, device("edu", "bus", "rp", "id", "e"), "Duplicate ID 'e'");
            refused(m, device("edu", "bus", "away"), "Bus 'away' not found");
            refused(m, device("pcie-root-port"), "expects a pluggable device type");
            refused(m, device("intel-iommu"), "'edu' (id 'e') at full/00.0");
            assertEquals(before, m.devices().devices().size());
            ConfigException e = assertThrows(ConfigException.class, () -> m.deviceDel("nobody"));
            assertEquals("Device 'nobody' not found", e.getMessage());
            e = assertThrows(ConfigException.class, () -> m.deviceDel("rp"));
            assertTrue(e.getMessage().contains("does not support hotplugging"), e.getMessage());
        }
    }

    private static void refused(Q35Machine m, DeviceDescriptor device, String message) {
        ConfigException e = assertThrows(ConfigException.class, () -> m.deviceAdd(device));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    /** Ports manage their slots themselves. */
    private void useNativeHotPlug() {
        machines.globals.add(new Q35Settings.Global("ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", "off"));
    }

    @Test
    void aDeviceComesGetsItsDomainAndGoesWhenTheGuestLetsIt() {
        useNativeHotPlug();
        try (Q35Machine m = machines.start(
                device("pcie-root-port", "id", "rp", "chassis", "1", "addr", "1"), device("intel-iommu"))) {
            assertEquals(0, read(m, 0, 1, SLOT_STATUS, 2) & PRESENT);
            m.deviceAdd(device("edu", "id", "hot", "bus", "rp"));
            assertEquals(PRESENT | BUTTON, read(m, 0, 1, SLOT_STATUS, 2) & (PRESENT | BUTTON));
            assertTrue(
                    m.dmaPlan().toString().contains("requester=rp/00.0"),
                    m.dmaPlan().toString());
            // No power yet.
            assertEquals(0xffff_ffffL, read(m, 1, 0, 0, 4));
            write(m, 0, 1, SLOT_CONTROL, 2, LIGHT_ON);
            write(m, 0, 1, SLOT_STATUS, 2, 0x11f);
            assertEquals(EDU, read(m, 1, 0, 0, 4));

            m.deviceDel("hot");
            assertEquals(BUTTON, read(m, 0, 1, SLOT_STATUS, 2) & BUTTON);
            assertNotNull(m.devices().find("hot"));
            write(m, 0, 1, SLOT_CONTROL, 2, LIGHT_AND_POWER_OFF);
            assertNull(m.devices().find("hot"));
            assertEquals(List.of("deleted hot"), machines.events);
            assertEquals(0, read(m, 0, 1, SLOT_STATUS, 2) & PRESENT);
            assertFalse(m.dmaPlan().toString().contains("rp/00.0"));
            // Its place and its name are free again.
            m.deviceAdd(device("edu", "id", "hot", "bus", "rp"));
        }
    }

    @Test
    void functionsComeAsOneDeviceWhenFunctionZeroDoes() {
        useNativeHotPlug();
        try (Q35Machine m = machines.start(device("pcie-root-port", "id", "rp", "chassis", "1", "addr", "1"))) {
            m.deviceAdd(device("edu", "id", "f1", "bus", "rp", "addr", "0.1"));
            assertEquals(0, read(m, 0, 1, SLOT_STATUS, 2) & (PRESENT | BUTTON));
            m.deviceAdd(device("edu", "id", "f0", "bus", "rp", "addr", "0.0", "multifunction", "on"));
            assertEquals(PRESENT | BUTTON, read(m, 0, 1, SLOT_STATUS, 2) & (PRESENT | BUTTON));
            refused(m, device("edu", "bus", "rp", "addr", "0.2"), "new functions come before it");
            write(m, 0, 1, SLOT_CONTROL, 2, LIGHT_ON);
            assertEquals(EDU, m.memory().read(config(1, 0, 1, 0), 4));
            write(m, 0, 1, SLOT_CONTROL, 2, LIGHT_AND_POWER_OFF);
            assertEquals(List.of("deleted f1", "deleted f0"), machines.events);
        }
    }

    @Test
    void aResetKeepsWhatWasAddedAndSetsItUp() {
        try (Q35Machine m = machines.start(device("pcie-root-port", "id", "rp", "chassis", "1", "addr", "1"))) {
            m.deviceAdd(device("edu", "bus", "rp"));
            m.reset();
            assertEquals(PRESENT, read(m, 0, 1, SLOT_STATUS, 2) & (PRESENT | BUTTON));
            assertEquals(EDU_REGISTER, behindBar(m, 1, 0));
        }
    }
}
