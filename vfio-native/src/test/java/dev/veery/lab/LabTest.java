package dev.veery.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lab itself: if these fail, what other tests of the tag say means nothing. */
@Tag("vfio")
class LabTest {
    @TempDir
    private Path directory;

    @Test
    void bindsDevicesAndPassesArgumentsOutputAndStatus() throws Exception {
        Lab.Result result = Lab.run(
                directory,
                List.of("-d", "edu,nvme,pair"),
                List.of(
                        "sh",
                        "-c",
                        "echo \"$1\"; echo $LAB_BDFS; ls /dev/vfio; java -version 2>&1 | head -n 1;"
                                + " basename $(readlink /sys/bus/pci/devices/0000:00:05.0/driver); exit 42",
                        "sh",
                        "it's  $HOME"));

        assertEquals(42, result.status(), result::toString);
        List<String> lines = result.out().lines().toList();
        assertEquals("it's  $HOME", lines.get(0));
        assertEquals("0000:00:04.0 0000:00:05.0 0000:01:01.0 0000:01:02.0", lines.get(1));
        assertTrue(lines.contains("vfio-pci"), result::toString);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("openjdk version")), result::toString);
    }

    @Test
    void devicesThatAreNotBoundGetTheKernelsDrivers() throws Exception {
        Lab.Result result = Lab.run(
                directory,
                List.of("-d", "edu,nvme", "-b", "edu"),
                List.of("sh", "-c", "cat /sys/class/nvme/nvme0/serial; [ $LAB_BDFS = 0000:00:04.0 ]"));

        assertEquals(0, result.status(), result::toString);
        assertEquals("lab", result.out().strip());
    }

    @Test
    void withoutAnIommuThereAreNoGroups() throws Exception {
        Lab.Result result = Lab.run(
                directory, List.of("-d", "edu", "-b", "none", "-i", "off"), List.of("ls", "/sys/kernel/iommu_groups"));

        assertEquals(0, result.status(), result::toString);
        assertEquals("", result.out());
    }

    @Test
    void aWrongDeviceIsALineAndNoRun() throws Exception {
        Lab.Result result = Lab.run(directory, List.of("-d", "teapot"), List.of("true"));

        assertEquals(125, result.status(), result::toString);
        assertTrue(result.err().contains("there is no device 'teapot'"), result::toString);
    }
}
