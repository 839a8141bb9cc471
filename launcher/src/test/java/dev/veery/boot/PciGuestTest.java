package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel finds every device of a nested topology, each named before the port that it sits behind. */
@Tag("boot")
class PciGuestTest {
    @TempDir
    static Path directory;

    @Test
    void nestedSwitchesAreEnumerated() throws IOException, InterruptedException {
        BootFiles files = BootFiles.cloud();
        List<String> command = new ArrayList<>(
                List.of(Program.ROOT.resolve("launcher/bin/veery").toString(), "-m", "256M", "-no-reboot"));
        command.addAll(List.of("-nodefaults", "-display", "none", "-serial", "stdio"));
        command.addAll(List.of("-kernel", files.kernel(), "-initrd", files.initrd()));
        command.addAll(List.of("-append", "console=ttyS0 quiet veery.check intel_iommu=on"));
        for (String device : List.of(
                "edu,bus=d2",
                "xio3130-downstream,id=d2,bus=u2,chassis=3",
                "x3130-upstream,id=u2,bus=d1",
                "xio3130-downstream,id=d1,bus=u1,addr=4,chassis=2",
                "x3130-upstream,id=u1,bus=rp",
                "pcie-root-port,id=rp,addr=2,chassis=1",
                "edu,bus=pb,addr=3",
                "pcie-pci-bridge,id=pb,bus=old",
                "ioh3420,id=old,addr=3,chassis=4",
                "intel-iommu")) {
            command.addAll(List.of("-device", device));
        }

        Program guest = Program.run(directory, command);

        assertEquals(0, guest.status(), guest.err());
        for (String line : List.of(
                "00:02.0 0604: 1b36:000c",
                "00:03.0 0604: 8086:3420",
                "01:00.0 0604: 104c:8232",
                "02:04.0 0604: 104c:8233",
                "03:00.0 0604: 104c:8232",
                "04:00.0 0604: 104c:8233",
                "05:00.0 00ff: 1234:11e8",
                "06:00.0 0604: 1b36:000e",
                "07:03.0 00ff: 1234:11e8")) {
            assertTrue(lines(guest).contains("veery-check: lspci " + line), line + " not in " + guest.out());
        }
    }

    private static List<String> lines(Program guest) {
        return Arrays.asList(guest.out().split("\r?\n", -1));
    }
}
