package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.lab.Lab;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code veery explain} on a live kernel. */
@Tag("vfio")
class ExplainLabTest {
    @TempDir
    private Path directory;

    @Test
    void readsALiveHostWithoutOpeningAnything() throws Exception {
        Lab.Result result = Lab.run(
                directory,
                List.of("-d", "edu,nvme,pair", "-b", "nvme"),
                List.of(
                        "sh",
                        "-c",
                        "veery explain; veery explain -m 256M -device vfio-pci,host=00:05.0 -device intel-iommu,aw-bits=39;"
                                + " echo status $?; su nobody -s /bin/sh -c 'ulimit -l 64;"
                                + " veery explain -m 256M -device vfio-pci,host=01:01.0'; echo status $?"));

        String text = result.out();
        assertEquals(0, result.status(), result::toString);
        assertTrue(text.contains("0000:00:04.0  1234:11e8 class 00ff00  no driver; group "), result::toString);
        assertTrue(text.contains("MSI-X (65)"), result::toString);
        assertTrue(text.contains("addresses       39 bits"), result::toString);
        assertTrue(text.contains("reserved        0000fee00000-0000feefffff  msi"), result::toString);
        assertTrue(text.contains("ready: nothing stands in the way\nstatus 0\n"), result::toString);
        assertTrue(text.contains("host device 0000:01:01.0 has no driver, not vfio-pci"), result::toString);
        assertTrue(text.contains("the limit is 64 KiB (ulimit -l)"), result::toString);
        assertTrue(text.endsWith("status 1\n"), result::toString);
    }
}
