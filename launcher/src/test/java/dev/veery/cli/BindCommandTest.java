package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.lab.Lab;
import dev.veery.linux.sysfs.SysfsFixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BindCommandTest {
    private static final String DISK = "devices/pci0000:00/0000:00:05.0";

    @TempDir
    private Path temporary;

    private String sysfs = "";

    @BeforeEach
    void makeHost() throws IOException {
        sysfs = SysfsFixture.make(
                        temporary.resolve("sys"),
                        List.of(
                                "[" + DISK + "]",
                                "vendor 0x1b36",
                                "device 0x0010",
                                "class 0x010802",
                                "driver nvme",
                                "[" + DISK + "/nvme/nvme0/nvme0n1]",
                                "[dev/block]",
                                "259:0 -> ../../" + DISK + "/nvme/nvme0/nvme0n1",
                                "[class/block]",
                                "nvme0n1 -> ../../" + DISK + "/nvme/nvme0/nvme0n1"))
                .toString();
        Files.createDirectories(temporary.resolve("proc/self"));
    }

    private String run(String... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BindCommand.run(new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void mountRoot() throws IOException {
        Files.writeString(temporary.resolve("proc/self/mountinfo"), "1 0 259:0 / / rw - ext4 /dev/nvme0n1 rw\n");
    }

    @Test
    void saysWhatItWouldDo() throws IOException {
        String text = run("bind", "--sysfs", sysfs, "00:05.0").replace(sysfs, "/sys");

        assertEquals(
                "0000:00:05.0: driver nvme -> vfio-pci\n"
                        + "  echo vfio-pci > /sys/" + DISK + "/driver_override\n"
                        + "  echo 0000:00:05.0 > /sys/" + DISK + "/driver/unbind\n"
                        + "  echo 0000:00:05.0 > /sys/bus/pci/drivers_probe\n",
                text);
    }

    @Test
    void refusesTheDiskThatHoldsTheRootFileSystem() throws IOException {
        mountRoot();

        ConfigException e = assertThrows(ConfigException.class, () -> run("bind", "--sysfs", sysfs, "00:05.0"));

        assertTrue(e.getMessage().contains("it holds /, mounted from /dev/nvme0n1"), e.getMessage());
        assertTrue(e.getMessage().contains("--force"), e.getMessage());
    }

    @Test
    void forceTakesItAllTheSameAndSaysSo() throws IOException {
        mountRoot();

        String text = run("bind", "--force", "--sysfs", sysfs, "00:05.0");

        assertTrue(text.startsWith("0000:00:05.0: the host needs it: it holds /"), text);
        assertTrue(text.contains("driver nvme -> vfio-pci"), text);
    }

    @Test
    void mistakesAreUsageErrors() {
        assertTrue(assertThrows(ConfigException.class, () -> run("bind")).isUsage());
        assertTrue(assertThrows(ConfigException.class, () -> run("bind", "--fast", "00:05.0"))
                .isUsage());
        assertFalse(assertThrows(ConfigException.class, () -> run("bind", "--sysfs", sysfs, "00:07.0"))
                .isUsage());
    }

    @Test
    @Tag("vfio")
    void theKernelFollowsThereAndBack() throws Exception {
        String disk = "/sys/bus/pci/devices/0000:00:05.0/driver";
        Lab.Result result = Lab.run(
                temporary,
                List.of("-d", "edu,nvme", "-b", "edu"),
                List.of(
                        "sh",
                        "-c",
                        "veery bind 00:05.0; basename $(readlink " + disk
                                + "); ls /dev/vfio; veery bind 00:02.0; echo $?;"
                                + " veery unbind 00:05.0; basename $(readlink " + disk
                                + "); cat /sys/class/nvme/nvme0/serial"));

        String text = result.out();
        assertTrue(text.contains("ready: -device vfio-pci,host=0000:00:05.0\nvfio-pci\n"), result::toString);
        assertTrue(
                text.contains("veery: the host needs device 0000:00:02.0: it holds /base, mounted from /dev/vda;"),
                result::toString);
        assertTrue(text.contains("add --force\n1\n"), result::toString);
        assertTrue(text.contains("  done: driver nvme\nnvme\nlab"), result::toString);
        assertEquals(0, result.status(), result::toString);
    }
}
