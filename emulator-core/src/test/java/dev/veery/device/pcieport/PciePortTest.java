package dev.veery.device.pcieport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciHost;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.ExpressCapability;
import dev.veery.device.edu.EduDevice;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.testbench.PciBench;
import dev.veery.time.ManualClock;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PciePortTest {
    private static final long WINDOW = 0xd000_0000L;
    private static final int SLOT_CAPABILITIES = 0x14;
    private static final int SLOT_CONTROL = 0x18;
    private static final int SLOT_STATUS = 0x1a;
    private static final int ALL = PciRegs.COMMAND_IO | PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER;
    private static final int POWER_LIGHT_ON = 1 << 8;
    private static final int POWER_LIGHT_BLINKING = 2 << 8;
    private static final int POWER_LIGHT_OFF = 3 << 8;
    private static final int POWER_OFF = 1 << 10;
    private static final int EDU_ID = 0x0100_00ed;
    private static final int EDU_RAISE = 0x60;

    private final PciBench bench = new PciBench(
            PciePort.ROOT_PORT,
            PciePort.UPSTREAM,
            PciePort.DOWNSTREAM,
            PciePciBridge.TYPE,
            EduDevice.type(new ManualClock()),
            Endpoint.TYPE);
    private final PciePort port =
            (PciePort) bench.add("pcie-root-port", Map.of("id", "rp", "slot", "5", "hotplug", "off"));
    private final PciDevice edu = bench.add(port.below(), "edu", Map.of());
    private final PciePort empty = (PciePort) bench.add("pcie-root-port", Map.of("id", "e", "slot", "6"));
    private final PciePciBridge bridge = (PciePciBridge) bench.add("pcie-pci-bridge", Map.of("id", "pb"));
    private final PciePort steady = (PciePort) bench.add(
            "pcie-root-port", Map.of("slot", "7", "power_controller_present", "off", "x-speed", "5", "x-width", "4"));
    private final PciDevice up = bench.add("x3130-upstream", Map.of());
    private final PciDevice down = bench.add("xio3130-downstream", Map.of());
    private final PciDevice conventional = bench.add(bridge.below(), "edu", Map.of());

    /** An endpoint with a BAR that reads as 55h, and the capabilities that matter. */
    private static final class Endpoint extends PciDevice {
        static final DeviceType TYPE = DeviceType.named("express")
                .properties(commonProperties())
                .hotpluggable()
                .build(Endpoint::new);

        private Endpoint(DeviceConfig config) {
            super(config, new PciIdentity(0x1234, 1, 0, 0xff0000, 0, 0), PciRegs.EXPRESS_CONFIG_SIZE, 1);
            addExpress(ExpressCapability.Type.ENDPOINT, 0);
            addPowerManagement();
            addErrorReporting(false);
            addTranslationServices();
            addBar(0, PciBar.Kind.MEMORY32, MemoryRegion.mmio("fixed", 0x1000, new MmioHandler() {
                @Override
                public long read(long offset, int size) {
                    return 0x55;
                }

                @Override
                public void write(long offset, int size, long value) {
                    intx().set(value != 0);
                }
            }));
        }

        @Override
        protected void onPciCommit() {
            listenToIntxEnds();
        }

        @Override
        protected void onIntxEnded() {
            intx().set(false);
        }

        boolean pull() {
            return pulledOut();
        }
    }

    @BeforeEach
    void start() {
        empty.onEject(device -> bench.devices.remove(device));
        steady.onEject(device -> bench.devices.remove(device));
        bench.start();
        number(port, 1);
        number(steady, 4);
        number(empty, 2);
        number(bridge, 3);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private static void number(PciDevice bridge, int bus) {
        bridge.configWrite(PciRegs.PRIMARY_BUS, 4, bus << 16 | bus << 8);
    }

    private void openWindow(PciDevice through, long base) {
        through.configWrite(PciRegs.MEMORY_BASE, 4, base >>> 16 | (base + 0xf_ffff >>> 16 & 0xfff0) << 16);
        through.configWrite(PciRegs.COMMAND, 2, ALL);
    }

    @Test
    void configurationGoesThroughTheBridgeThatLeadsToTheBus() {
        assertSame(port.below(), bench.root().find(1));
        assertSame(bridge.below(), bench.root().find(3));
        assertNull(bench.root().find(5));
        number(port, 9);
        assertNull(bench.root().find(1));
        // Numbered like the root: the root is meant.
        number(port, 0);
        assertSame(bench.root(), bench.root().find(0));
    }

    @Test
    void memoryBelowIsSeenOnlyThroughTheWindow() {
        edu.configWrite(PciRegs.BAR0, 4, WINDOW);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        assertEquals(0xffff_ffffL, bench.memory.read(WINDOW, 4));
        openWindow(port, WINDOW);
        assertEquals(EDU_ID, bench.memory.read(WINDOW, 4));
        port.configWrite(PciRegs.COMMAND, 2, PciRegs.COMMAND_MASTER);
        assertEquals(0xffff_ffffL, bench.memory.read(WINDOW, 4));
        port.configWrite(PciRegs.COMMAND, 2, ALL);
        port.configWrite(PciRegs.MEMORY_BASE, 2, 0xfff0);
        assertEquals(0xffff_ffffL, bench.memory.read(WINDOW, 4));
    }

    @Test
    void messagesNeedEveryBridgeToMasterAndCarryTheRightRequester() {
        edu.configWrite(PciRegs.BAR0, 4, WINDOW);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        openWindow(port, WINDOW);
        conventional.configWrite(PciRegs.BAR0, 4, WINDOW + 0x10_0000);
        conventional.configWrite(PciRegs.COMMAND, 2, ALL);
        openWindow(bridge, WINDOW + 0x10_0000);
        for (PciDevice device : new PciDevice[] {edu, conventional}) {
            int msi = (int) device.config().get(PciRegs.CAPABILITIES, 1);
            device.configWrite(msi + 4, 4, 0xfee0_0000L);
            device.configWrite(msi + 2, 2, 1);
        }
        bench.memory.write(WINDOW + EDU_RAISE, 4, 1);
        bench.memory.write(WINDOW + 0x10_0000 + EDU_RAISE, 4, 1);
        assertEquals(1 << 8, bench.messages.get(0).requester());
        // A bridge to conventional PCI puts its own: device 0 of the bus below.
        assertEquals(3 << 8, bench.messages.get(1).requester());
        port.configWrite(PciRegs.COMMAND, 2, PciRegs.COMMAND_MEMORY);
        bench.memory.write(WINDOW + EDU_RAISE, 4, 1);
        assertEquals(2, bench.messages.size());
    }

    @Test
    void pinsComeOutOfThePort() {
        edu.configWrite(PciRegs.BAR0, 4, WINDOW);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        openWindow(port, WINDOW);
        bench.memory.write(WINDOW + EDU_RAISE, 4, 1);
        assertTrue(bench.pinAsserted());
        bench.memory.write(WINDOW + EDU_RAISE + 4, 4, 1);
        assertFalse(bench.pinAsserted());
    }

    @Test
    void theEndOfAnInterruptFindsItsWayDown() {
        PciDevice below = bench.add(bridge.below(), "express", Map.of());
        below.configWrite(PciRegs.BAR0, 4, WINDOW);
        below.configWrite(PciRegs.COMMAND, 2, ALL);
        openWindow(bridge, WINDOW);
        bench.memory.write(WINDOW, 4, 1);
        assertTrue(bench.pinAsserted());
        // Behind the bridge it is INTA of slot 1.
        assertEquals(1 << 3, below.devfn());
        assertTrue(bench.endInterrupt(bridge.devfn() >> 3, 1));
        assertFalse(bench.pinAsserted());
    }

    @Test
    void secondaryBusResetResetsWhatIsBelow() {
        edu.configWrite(PciRegs.BAR0, 4, WINDOW);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        port.configWrite(PciRegs.BRIDGE_CONTROL, 2, 1 << 6);
        port.configWrite(PciRegs.BRIDGE_CONTROL, 2, 0);
        assertEquals(0, edu.config().get(PciRegs.BAR0, 4));
        assertEquals(1, port.config().get(PciRegs.SECONDARY_BUS, 1));
    }

    @Test
    void aDeviceThatComesIsAnnouncedAndOneThatGoesIsAskedFor() {
        int slot = (int) empty.config().get(PciRegs.CAPABILITIES, 1);
        int control = slot + SLOT_CONTROL;
        int status = slot + SLOT_STATUS;
        assertEquals(0, empty.configRead(status, 2) & 1 << 6);
        empty.configWrite(control, 2, POWER_OFF | POWER_LIGHT_OFF | 1 << 5 | 1 << 3 | 1);
        empty.configWrite(status, 2, 0x11f);
        assertFalse(bench.pinAsserted());

        PciDevice late = bench.add(empty.below(), "edu", Map.of("id", "late"));
        assertTrue(bench.pinAsserted());
        assertEquals(1 << 6 | 1 << 3 | 1, empty.configRead(status, 2) & (1 << 6 | 1 << 3 | 1));
        empty.configWrite(status, 2, 0x11f);
        assertFalse(bench.pinAsserted());

        // Without power nothing answers; with it the device is as new.
        assertNull(bench.root().find(2));
        empty.configWrite(control, 2, POWER_LIGHT_ON);
        assertSame(empty.below(), bench.root().find(2));
        late.configWrite(PciRegs.BAR0, 4, WINDOW);
        empty.requestEject(late);
        assertEquals(1, empty.configRead(status, 2) & 1);
        assertSame(late, empty.below().at(0));
        empty.configWrite(control, 2, POWER_OFF | POWER_LIGHT_OFF);
        assertNull(empty.below().at(0));
        assertEquals(0, empty.configRead(status, 2) & 1 << 6);
        assertFalse(bench.devices.devices().contains(late));
    }

    @Test
    void aDeviceThatIsPulledOutLeavesAnEmptySlotAndTheGuestHears() {
        int slot = (int) empty.config().get(PciRegs.CAPABILITIES, 1);
        empty.configWrite(slot + SLOT_CONTROL, 2, POWER_LIGHT_ON | 1 << 5 | 1 << 3);
        Endpoint card = (Endpoint) bench.add(empty.below(), "express", Map.of("id", "card"));
        empty.configWrite(slot + SLOT_STATUS, 2, 0x11f);

        assertTrue(card.pull());

        assertNull(empty.below().at(0));
        assertEquals(1 << 3, empty.configRead(slot + SLOT_STATUS, 2) & (1 << 6 | 1 << 3 | 1));
        assertTrue(bench.pinAsserted());
        assertFalse(bench.devices.devices().contains(card));
    }

    @Test
    void aBusySlotRefusesAndAnUnpoweredOneLetsGoAtOnce() {
        int control = (int) empty.config().get(PciRegs.CAPABILITIES, 1) + SLOT_CONTROL;
        PciDevice late = bench.add(empty.below(), "edu", Map.of("id", "late"));
        empty.configWrite(control, 2, POWER_LIGHT_BLINKING);
        assertThrows(ConfigException.class, () -> empty.requestEject(late));
        assertSame(late, empty.below().at(0));
        // Power and light off: the guest lets go without being asked.
        empty.configWrite(control, 2, POWER_OFF | POWER_LIGHT_OFF);
        assertNull(empty.below().at(0));
        PciDevice again = bench.add(empty.below(), "edu", Map.of("id", "again"));
        empty.requestEject(again);
        assertNull(empty.below().at(0));
    }

    @Test
    void withoutAPowerControllerTheLightAloneLetsGo() {
        int slot = (int) steady.config().get(PciRegs.CAPABILITIES, 1);
        assertEquals(0, steady.configRead(slot + SLOT_CAPABILITIES, 2) & 1 << 1);
        bench.add(steady.below(), "edu", Map.of("id", "late"));
        // It answers at once.
        assertSame(steady.below(), bench.root().find(4));
        steady.configWrite(slot + SLOT_CONTROL, 2, POWER_OFF | POWER_LIGHT_ON);
        assertEquals(0, steady.configRead(slot + SLOT_CONTROL, 2) & POWER_OFF);
        steady.configWrite(slot + SLOT_CONTROL, 2, POWER_LIGHT_OFF);
        assertNull(steady.below().at(0));
    }

    @Test
    void theLinkIsWhatTheUserSays() {
        int link = (int) steady.config().get(PciRegs.CAPABILITIES, 1) + 0xc;
        assertEquals(2 | 4 << 4, steady.configRead(link, 2) & 0x3ff);
        assertEquals(4 | 32 << 4, empty.configRead(link, 2) & 0x3ff);
        assertEquals(6, steady.configRead(link + 0x20, 2));
    }

    @Test
    void functionLevelResetLeavesThePortAlone() {
        PciDevice endpoint = bench.add(bench.root(), "express", Map.of());
        endpoint.configWrite(PciRegs.CACHE_LINE_SIZE, 1, 0x10);
        int express = (int) endpoint.config().get(PciRegs.CAPABILITIES, 1);
        endpoint.configWrite(express + 8, 2, 1 << 15);
        assertEquals(0, endpoint.configRead(PciRegs.CACHE_LINE_SIZE, 1));
        assertEquals(0, endpoint.configRead(express + 8, 2) & 1 << 15);
        // On the root bus it has no link.
        assertEquals(9 << 4 | 2, endpoint.configRead(express + 2, 2));
        assertEquals(0, endpoint.configRead(express + 0xc, 4));
        assertEquals(1, port.config().get(PciRegs.SECONDARY_BUS, 1));
    }

    @Test
    void inD3NothingIsDecoded() {
        PciDevice endpoint = bench.add(bench.root(), "express", Map.of());
        bench.enable(endpoint);
        long bar = PciBench.bar(endpoint, 0);
        assertEquals(0x55, bench.memory.read(bar, 1));
        int power = (int) endpoint.config().get(PciRegs.CAPABILITIES, 1) + ExpressCapability.LENGTH;
        endpoint.configWrite(power + 4, 2, 3);
        assertEquals(0xff, bench.memory.read(bar, 1));
        assertFalse(endpoint.mastering());
        endpoint.configWrite(power + 4, 2, 0);
        assertEquals(0x55, bench.memory.read(bar, 1));
        assertTrue(endpoint.mastering());
    }

    @Test
    void conventionalPciCarriesNoExtendedRequests() {
        bridge.configWrite(PciRegs.COMMAND, 2, ALL);
        bench.add(bridge.below(), "express", Map.of());
        MmioHandler ecam = new PciHost(bench.root()).ecam();
        assertEquals(0xffff_ffffL, ecam.read(3L << 20 | 1 << 15 | 0x100, 4) & 0xffff_ffffL);
        assertEquals(0x1234, ecam.read(3L << 20 | 1 << 15, 2));
    }

    @Test
    void portsRefuseToBeInTheWrongPlace() {
        PciBus below = port.below();
        assertThrows(ConfigException.class, () -> empty.checkPlace(below));
        assertThrows(ConfigException.class, () -> bridge.checkPlace(bridge.below()));
        assertThrows(ConfigException.class, () -> up.checkPlace(bench.root()));
        assertThrows(ConfigException.class, () -> up.checkPlace(bridge.below()));
        up.checkPlace(below);
        PciBus inSwitch = Objects.requireNonNull(up.secondaryBus());
        assertThrows(ConfigException.class, () -> edu.checkPlace(inSwitch));
        assertThrows(ConfigException.class, () -> down.checkPlace(below));
        down.checkPlace(inSwitch);
    }

    @Test
    void aPortHasOneSlot() {
        assertEquals(-1, port.below().freeSlot(0));
        assertThrows(IllegalStateException.class, () -> port.below().attach(0, Objects.requireNonNull(edu)));
    }

    @Test
    void nothingWrittenToConfigurationSpaceThrows() {
        Random random = new Random(6);
        PciDevice[] all = {port, empty, bridge, edu, conventional};
        for (int i = 0; i < 30_000; i++) {
            PciDevice device = all[random.nextInt(all.length)];
            int size = 1 << random.nextInt(3);
            int at = random.nextInt(3) == 0 ? random.nextInt(4096) : random.nextInt(0x80);
            long value = random.nextInt(4) == 0 ? -1L : random.nextLong();
            device.configWrite(at & -size, size, value & -1L >>> 64 - 8 * size);
            device.configRead(at & -size, size);
            bench.root().find(random.nextInt(256));
            bench.memory.read(random.nextLong() & 0xffff_fffcL, 4);
        }
        bench.devices.reset();
        number(port, 1);
        edu.configWrite(PciRegs.BAR0, 4, WINDOW);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        edu.configWrite(PciRegs.COMMAND, 2, ALL);
        openWindow(port, WINDOW);
        assertEquals(EDU_ID, bench.memory.read(WINDOW, 4));
    }
}
