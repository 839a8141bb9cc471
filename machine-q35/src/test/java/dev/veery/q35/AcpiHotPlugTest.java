package dev.veery.q35;

import static dev.veery.q35.QuietMachines.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PCI hot plug by the registers that the DSDT's methods use. */
class AcpiHotPlugTest {
    private static final int UP = 0xcc0;
    private static final int DOWN = 0xcc4;
    private static final int EJECT = 0xcc8;
    private static final int REMOVABLE = 0xccc;
    private static final int SELECT = 0xcd0;
    private static final int GPE_STATUS = 0x620;
    private static final int HOT_PLUG_EVENT = 2;
    private static final long ECAM = 0xb000_0000L;
    private static final int SLOT_CAPABILITIES = 0x54;
    private static final int HOT_PLUG_CAPABLE = 1 << 6;
    private static final long EDU = 0x11e8_1234L;

    @SuppressWarnings("NullAway.Init")
    private QuietMachines machines;

    @SuppressWarnings("NullAway.Init")
    private Q35Machine m;

    /** Two ports with slots, named in the order that is not theirs, and one without. */
    @BeforeEach
    void open(@TempDir Path dir) throws IOException {
        machines = new QuietMachines(dir);
        m = machines.start(
                device("pcie-root-port", "id", "second", "chassis", "2", "addr", "2"),
                device("pcie-root-port", "id", "first", "chassis", "1", "addr", "1"),
                device("pcie-root-port", "id", "fixed", "chassis", "3", "addr", "3", "hotplug", "off"));
    }

    @AfterEach
    void close() {
        m.close();
        machines.close();
    }

    private long in(int port) {
        return m.ports().read(port, 4);
    }

    private void out(int port, long value) {
        m.ports().write(port, 4, value);
    }

    private boolean event() {
        boolean raised = (m.ports().read(GPE_STATUS, 1) & HOT_PLUG_EVENT) != 0;
        m.ports().write(GPE_STATUS, 1, HOT_PLUG_EVENT);
        return raised;
    }

    private long vendorAt(int bus) {
        return m.memory().read(ECAM + (bus << 20), 4);
    }

    @Test
    void aDeviceComesAtOnceAndGoesWhenTheMethodEjectsIt() {
        m.deviceAdd(device("edu", "id", "hot", "bus", "second"));
        assertEquals(true, event());
        assertEquals(EDU, vendorAt(2), "it has power");
        out(SELECT, 0);
        assertEquals(0, in(UP));
        out(SELECT, 1);
        assertEquals(1, in(UP));
        assertEquals(0, in(UP), "forgotten once read");
        m.deviceDel("hot");
        assertEquals(true, event());
        assertNotNull(m.devices().find("hot"));
        assertEquals(1, in(DOWN));
        out(EJECT, 1);
        assertNull(m.devices().find("hot"));
        assertEquals(List.of("deleted hot"), machines.events);
        assertEquals(0xffff_ffffL, vendorAt(2));
        m.deviceAdd(device("edu", "id", "hot", "bus", "second"));
    }

    @Test
    void portsDoNotOfferWhatFirmwareDoes() {
        assertEquals(0, m.memory().read(ECAM + (1 << 15) + SLOT_CAPABILITIES, 4) & HOT_PLUG_CAPABLE);
    }

    @Test
    void theGuestHearsOfADeviceThatWentUnasked() {
        m.deviceAdd(device("edu", "id", "hot", "bus", "second"));
        event();
        machines.lock().lock();
        try {
            m.devices().remove("hot");
        } finally {
            machines.lock().unlock();
        }
        assertEquals(true, event());
        out(SELECT, 1);
        assertEquals(1, in(DOWN));
        out(EJECT, 1);
        m.deviceAdd(device("edu", "id", "next", "bus", "second"));
        assertEquals(0, in(DOWN), "the next is not meant");
    }

    @Test
    void whatIsAskedToGoGoesWithAReset() {
        m.deviceAdd(device("edu", "id", "hot", "bus", "first"));
        m.deviceDel("hot");
        m.reset();
        assertNull(m.devices().find("hot"));
        assertEquals(0, in(DOWN));
    }

    /** Ports of every width and any order, while devices come and are asked to go. */
    @Test
    void nothingTheGuestWritesThrows() {
        Random random = new Random(22);
        for (int round = 0; round < 4000; round++) {
            int port = 0xcb8 + random.nextInt(0x28);
            int size = 1 << random.nextInt(3);
            long value = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(4);
            if (random.nextBoolean()) {
                m.ports().read(port, size);
            } else {
                m.ports().write(port, size, value);
            }
            if (random.nextInt(20) == 0) {
                comeOrGo(random.nextBoolean() ? "first" : "second");
            }
            if (random.nextInt(500) == 0) {
                m.reset();
            }
        }
        m.reset();
        for (String port : List.of("first", "second")) {
            if (m.devices().find("on-" + port) == null) {
                m.deviceAdd(device("edu", "id", "on-" + port, "bus", port));
            }
            assertEquals(EDU, vendorAt(port.equals("first") ? 1 : 2));
        }
    }

    private void comeOrGo(String port) {
        String id = "on-" + port;
        if (m.devices().find(id) == null) {
            m.deviceAdd(device("edu", "id", id, "bus", port));
        } else {
            m.deviceDel(id);
        }
    }

    @Test
    void slotsThatAreNotThereHaveNothing() {
        for (long bus : new long[] {2, 0x7fff_ffffL, 0xffff_ffffL}) {
            out(SELECT, bus);
            assertEquals(0, in(UP) | in(DOWN) | in(REMOVABLE));
            out(EJECT, -1);
        }
        out(SELECT, 0);
        assertEquals(0xffff_ffffL, in(REMOVABLE));
        out(EJECT, -1);
        ConfigException e = assertThrows(ConfigException.class, () -> m.deviceAdd(device("edu", "bus", "fixed")));
        assertEquals(true, e.getMessage().contains("Bus 'fixed' does not support hotplugging"), e.getMessage());
    }
}
