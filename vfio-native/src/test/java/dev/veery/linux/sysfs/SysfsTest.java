package dev.veery.linux.sysfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SysfsTest {
    private static final PciAddress CARD = PciAddress.parse("01:00.0");

    private static final List<String> TREE = List.of(
            "[devices/pci0000:00/0000:00:01.0]",
            "vendor 0x8086",
            "device 0x3420",
            "class 0x060400",
            "driver pcieport",
            "max_link_width 4",
            "group 1",
            "[devices/pci0000:00/0000:00:01.0/0000:01:00.0]",
            "vendor 0x10de",
            "device 0x1b80",
            "class 0x030000",
            "subsystem_vendor 0x1043",
            "subsystem_device 0x85aa",
            "driver nouveau",
            "driver_override (null)",
            "group 1",
            "boot_vga 1",
            "max_link_width 16",
            "numa_node -1",
            "power_state D0",
            "reset_method flr bus",
            "rom",
            "iommu/intel-iommu/cap 80000c4086a0e8",
            "resource 0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\\n"
                    + "0x00000000e0000000 0x00000000efffffff 0x000000000014220c\\n"
                    + "0x0000000000000000 0x0000000000000000 0x0000000000000000\\n"
                    + "0x0000000000000000 0x0000000000000000 0x0000000000000000\\n"
                    + "0x0000000000000000 0x0000000000000000 0x0000000000000000\\n"
                    + "0x000000000000e000 0x000000000000e07f 0x0000000000040101\\n"
                    + "0x00000000f7000000 0x00000000f707ffff 0x0000000000046200\\n"
                    + "0x0000000000000000 0x0000000000000000 0x0000000000000000",
            "[devices/pci0000:00/0000:00:01.0/0000:01:00.1]",
            "vendor 0x10de",
            "device 0x10f0",
            "class 0x040300",
            "driver vfio-pci",
            "driver_override vfio-pci",
            "group 1",
            "reset",
            "vfio-dev/vfio0/dev 511:0",
            "[kernel/iommu_groups/1]",
            "type DMA-FQ",
            "reserved_regions 0x00000000fee00000 0x00000000feefffff msi\\n"
                    + "0x000000007d000000 0x000000007f7fffff direct-relaxable");

    @TempDir
    Path temporary;

    private Sysfs sysfs(String... more) {
        List<String> lines = new ArrayList<>(TREE);
        lines.addAll(List.of(more));
        return Sysfs.at(SysfsFixture.make(temporary.resolve("sys"), lines));
    }

    @Test
    void readsWhatAFunctionIs() {
        HostPciDevice card = sysfs().device(CARD);

        assertEquals(0x10de, card.vendorId());
        assertEquals(0x1b80, card.deviceId());
        assertEquals(0x030000, card.classCode());
        assertEquals(0x1043, card.subsystemVendorId());
        assertEquals(Optional.of("nouveau"), card.driver());
        assertEquals(Optional.empty(), card.driverOverride());
        assertTrue(card.bootDisplay());
        assertTrue(card.hasRom());
        assertEquals(OptionalInt.empty(), card.numaNode());
        assertEquals(Optional.of("D0"), card.powerState());
        assertEquals(List.of("flr", "bus"), card.resetMethods());
    }

    @Test
    void readsBarsAndRomAndLeavesOutThoseThatAreNotThere() {
        List<PciResource> resources = sysfs().device(CARD).resources();

        assertEquals(
                List.of(0, 1, 5, 6), resources.stream().map(PciResource::index).toList());
        assertEquals(0x1000_0000, resources.get(1).size());
        assertTrue(resources.get(1).is64Bit() && resources.get(1).prefetchable());
        assertTrue(resources.get(2).io());
        assertEquals(0x8_0000, resources.get(3).size());
    }

    @Test
    void aGroupNamesItsMembersAndWhoBlocksIt() {
        IommuGroup group = sysfs().device(CARD).group().orElseThrow();

        assertEquals(1, group.number());
        assertEquals(Optional.of("DMA-FQ"), group.type());
        assertEquals(
                List.of("0000:00:01.0", "0000:01:00.0", "0000:01:00.1"),
                group.members().stream().map(HostPciDevice::toString).toList());
        assertEquals(
                List.of("0000:01:00.0"),
                group.blockers().stream().map(HostPciDevice::toString).toList());
    }

    @Test
    void reservedRegionsOverlapWhatTheyTouch() {
        List<ReservedRegion> regions =
                sysfs().device(CARD).group().orElseThrow().reservedRegions();

        assertEquals(new ReservedRegion(0xfee0_0000L, 0xfeef_ffffL, "msi"), regions.get(0));
        assertTrue(regions.get(1).relaxable());
        assertTrue(regions.get(0).overlaps(0xfedf_f000L, 0x1001));
        assertFalse(regions.get(0).overlaps(0xfedf_f000L, 0x1000));
        assertFalse(regions.get(0).overlaps(0xfef0_0000L, 0x1000));
    }

    @Test
    void knowsBridgesNeighboursAndFunctions() {
        HostPciDevice card = sysfs().device(CARD);

        assertEquals("[0000:00:01.0]", card.bridges().toString());
        assertTrue(card.bridges().get(0).leadsToABus());
        assertTrue(card.isExpress());
        assertEquals("[0000:01:00.1]", card.otherFunctions().toString());
    }

    private Sysfs sysfs0() {
        return Sysfs.at(temporary.resolve("sys"));
    }

    @Test
    void knowsVfiosDriverAndCharacterDevice() {
        HostPciDevice sound = sysfs().device(PciAddress.parse("0000:01:00.1"));

        assertTrue(sound.boundToVfio());
        assertEquals(Optional.of("vfio0"), sound.vfioDevice());
        assertTrue(sound.resettable());
        assertEquals(List.of(), sound.resetMethods());
    }

    @Test
    void theAddressWidthIsTheSmallerOfGuestAddressWidthAndPageTables() {
        // MGAW in bits 21:16 is 7, for 8 bits; SAGAW in bits 12:8 is 0x08: tables of 57 bits.
        HostPciDevice card = sysfs("[devices/pci0000:00/0000:00:02.0]", "iommu/intel-iommu/cap d2008c40660462")
                .device(PciAddress.parse("00:02.0"));

        assertEquals(OptionalInt.of(39), card.iommuAddressBits());
    }

    @Test
    void theListIsSortedByAddress() {
        assertEquals(
                "[0000:00:01.0, 0000:01:00.0, 0000:01:00.1]", sysfs().devices().toString());
    }

    @Test
    void sysfsdevMayBeAnyPathToADevice() {
        assertEquals(
                CARD,
                sysfs().device(Path.of("/sys/bus/pci/devices/0000:01:00.0")).address());
        assertThrows(ConfigException.class, () -> sysfs0().device(Path.of("/sys/bus/mdev/devices/x")));
    }

    @ParameterizedTest
    @CsvSource({"0000:03:00.0, 0000:03:00.0", "03:1f.7, 0000:03:1f.7", "10000:e1:00.0, 10000:e1:00.0"})
    void addressesAreReadWithAndWithoutTheirDomain(String text, String canonical) {
        assertEquals(canonical, PciAddress.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "3:0.0", "0000:03:20.0", "0000:03:00.8", "0000:03:00", "../0000:03:00.0", "0000:03:00.0/"})
    void whatIsNoAddressIsRefused(String text) {
        assertThrows(ConfigException.class, () -> PciAddress.parse(text));
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        ConfigException e = assertThrows(ConfigException.class, () -> sysfs().device(PciAddress.parse("07:00.0")));

        assertTrue(e.getMessage().contains("0000:07:00.0"), e.getMessage());
    }

    @Test
    void aDirectoryThatIsNoSysfsIsRefused() {
        assertThrows(ConfigException.class, () -> Sysfs.at(temporary));
        assertThrows(ConfigException.class, () -> Sysfs.at(temporary.resolve("nothing")));
    }

    @ParameterizedTest
    @CsvSource({
        "vendor, 0x18086, vendor",
        "vendor, hello, vendor",
        "resource, 0x1 0x2, resource",
        "resource, 0x9 0x2 0x200, resource",
        "iommu_group, -> ../../../kernel/iommu_groups/x, iommu_group",
    })
    void aMalformedTreeIsOneLineThatNamesTheFile(String name, String content, String named) {
        Sysfs sysfs = sysfs("[devices/pci0000:00/0000:00:03.0]", name + " " + content);
        HostPciDevice device = sysfs.device(PciAddress.parse("00:03.0"));

        ConfigException e = assertThrows(ConfigException.class, () -> {
            device.group();
            device.resources();
            device.vendorId();
        });

        assertTrue(e.getMessage().contains("0000:00:03.0/" + named), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x10 0x1 msi", "0x0 0x10", "x y z"})
    void aMalformedReservedRegionIsRefused(String line) {
        Sysfs sysfs = sysfs(
                "[devices/pci0000:00/0000:00:03.0]", "group 2", "[kernel/iommu_groups/2]", "reserved_regions " + line);

        assertThrows(ConfigException.class, () -> sysfs.group(2).reservedRegions());
    }

    @Test
    void aLinkOutOfTheTreeIsRefused() throws Exception {
        Sysfs sysfs = sysfs("[devices/pci0000:00/0000:00:03.0]", "vendor -> ../../../../secret");
        Files.writeString(temporary.resolve("secret"), "0x1234");

        HostPciDevice device = sysfs.device(PciAddress.parse("00:03.0"));

        assertThrows(ConfigException.class, device::vendorId);
    }

    @Test
    void aNameThatIsNoAddressIsRefused() {
        Sysfs sysfs = sysfs("[bus/pci/devices/wrong]");

        assertThrows(ConfigException.class, sysfs::devices);
    }
}
