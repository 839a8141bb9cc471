package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.lab.Lab;
import dev.veery.lab.LabJava;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A card without a reset of its own, on a bus with others, on the real kernel's VFIO. */
@Tag("vfio")
class BusResetTest {
    private static final String CARD = "0000:01:03.0";

    @TempDir
    private Path directory;

    private Lab.Result run(List<String> options) throws Exception {
        LabJava java = new LabJava(
                MachineLock.class,
                VfioHost.class,
                BusResetProbe.class,
                Class.forName("com.sun.jna.Native"),
                org.slf4j.Logger.class);
        String bind = "cd /sys/bus/pci && echo vfio-pci > devices/" + CARD + "/driver_override && echo " + CARD
                + " > drivers_probe && cd / && ";
        String[] all = options.toArray(new String[0]);
        return Lab.run(
                directory,
                java.options(all),
                List.of("sh", "-c", bind + java.command(BusResetProbe.class.getName(), CARD)));
    }

    @Test
    void theWholeBusIsResetWhereItIsOurs() throws Exception {
        Lab.Result result = run(List.of("-d", "pair", "-q", "-device e1000,bus=bridge,addr=03.0,romfile="));

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("before: 12340000"), result::toString);
        assertTrue(result.out().contains("after: 0\n"), result::toString);
        assertFalse(result.out().contains("cannot be reset"), result::toString);
    }
}
