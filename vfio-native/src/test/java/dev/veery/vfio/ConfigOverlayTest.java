package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.bus.pci.PciRegs;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConfigOverlayTest {
    private final byte[] device = new byte[PciRegs.EXPRESS_CONFIG_SIZE];

    private void put(int offset, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            device[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    private long shown(ConfigOverlay overlay, int offset, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) overlay.shown(offset + i) << 8 * i;
        }
        return value;
    }

    /** A capability chain: each {id, offset, the word behind its header}. */
    private void chain(int[]... capabilities) {
        put(PciRegs.STATUS, 2, PciRegs.STATUS_CAPABILITIES);
        int link = PciRegs.CAPABILITIES;
        for (int[] capability : capabilities) {
            put(link, 1, capability[1]);
            put(capability[1], 1, capability[0]);
            put(capability[1] + 2, 2, capability[2]);
            link = capability[1] + 1;
        }
    }

    @Test
    void writesThatSwitchTheDeviceOffOrResetItAreSeen() {
        chain(new int[] {0x01, 0x50, 3}, new int[] {0x10, 0x60, 2}, new int[] {0x13, 0xa0, 0x0306});

        ConfigOverlay overlay = new ConfigOverlay(device, false);

        assertTrue(overlay.takesAway(0x54, 2, 3) && overlay.takesAway(0x54, 1, 1));
        assertFalse(overlay.takesAway(0x54, 2, 0x8100) || overlay.takesAway(0x55, 1, 3));
        assertTrue(overlay.takesAway(0x68, 2, 0x8000) && overlay.takesAway(0x69, 1, 0x80));
        assertFalse(overlay.takesAway(0x68, 4, 0x7fff) || overlay.takesAway(0x6a, 2, 0xffff));
        assertTrue(overlay.takesAway(0xa4, 1, 1));
        assertFalse(overlay.takesAway(PciRegs.COMMAND, 4, -1));
    }

    @Test
    void messageCapabilitiesAreOurs() {
        chain(new int[] {0x05, 0x50, 0x0186}, new int[] {0x11, 0x70, 0x0004}, new int[] {0x01, 0x80, 3});
        put(0x74, 4, 0x2000 | 1);
        put(0x78, 4, 0x3000 | 2);

        ConfigOverlay overlay = new ConfigOverlay(device, false);

        assertEquals(0x50, overlay.msi());
        assertTrue(overlay.msiWide() && overlay.msiMaskable());
        assertEquals(8, overlay.msiVectors());
        assertEquals(0xffff_ffffL, overlay.ours(0x50 + 0x14, 4));
        assertEquals(0, overlay.ours(0x50 + 0x18, 4));
        assertEquals(5, overlay.msixVectors());
        assertEquals(1, overlay.tableBar());
        assertEquals(0x2000, overlay.tableOffset());
        assertEquals(2, overlay.pendingBar());
        assertEquals(0x3000, overlay.pendingOffset());
        assertEquals(0x80, overlay.power());
        assertEquals(0, overlay.ours(0x84, 2));
    }

    @Test
    void aShort32BitMsiLeavesItsNeighbourAlone() {
        chain(new int[] {0x05, 0x50, 0x0000}, new int[] {0x09, 0x5c, 0});

        ConfigOverlay overlay = new ConfigOverlay(device, false);

        assertEquals(0xffff, overlay.ours(0x58, 2));
        assertEquals(0, overlay.ours(0x5a, 2));
        assertEquals(0, overlay.ours(0x5e, 2));
    }

    @Test
    void chainsWithLoopsEnd() {
        chain(new int[] {0x09, 0x50, 0}, new int[] {0x09, 0x60, 0});
        put(0x61, 1, 0x50);
        put(0x100, 4, 0x0001 | 1 << 16 | 0x100 << 20);

        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> new ConfigOverlay(device, false));
    }

    @Test
    void baseAddressesAndCommandAreOurs() {
        ConfigOverlay overlay = new ConfigOverlay(device, false);

        assertEquals(0xffff_ffffL, overlay.ours(PciRegs.BAR0 + 20, 4));
        assertEquals(0xffff_ffffL, overlay.ours(PciRegs.EXPANSION_ROM, 4));
        assertEquals(PciRegs.STATUS_CAPABILITIES << 16 | 0xffff, overlay.ours(PciRegs.COMMAND, 4));
    }

    @Test
    void hiddenExtendedCapabilitiesAreLeftOutOfTheChain() {
        put(0x100, 4, 0x0010 | 1 << 16 | 0x140 << 20); // SR-IOV
        put(0x140, 4, 0x0001 | 2 << 16 | 0x180 << 20); // AER
        put(0x180, 4, 0x0015 | 1 << 16 | 0x200 << 20); // resizable BARs
        put(0x200, 4, 0x0003 | 1 << 16); // serial number

        ConfigOverlay overlay = new ConfigOverlay(device, false);

        assertEquals(0x140L << 20, shown(overlay, 0x100, 4));
        assertEquals(0x0001 | 2 << 16 | 0x200 << 20, shown(overlay, 0x140, 4));
        assertEquals(0x0003 | 1 << 16, shown(overlay, 0x200, 4));
        assertEquals(0xffff_ffffL, overlay.ours(0x140, 4));
        assertEquals(0, overlay.ours(0x144, 4));
    }

    @Test
    void anEndpointOnARootBusIsPartOfTheRootComplex() {
        chain(new int[] {0x10, 0x60, 0x0002});
        put(0x6c, 4, 0x1234);

        ConfigOverlay root = new ConfigOverlay(device, true);
        ConfigOverlay below = new ConfigOverlay(device, false);

        assertEquals(0x92, shown(root, 0x62, 2));
        assertEquals(0, shown(root, 0x6c, 4));
        assertEquals(0xf0, root.ours(0x62, 1));
        assertEquals(0, below.ours(0x62, 1));
    }
}
