package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.lab.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What this project is for: a Linux guest with an IOMMU reads an NVMe disk of the host's, wherever the IOMMU stands on the
 * command line. On the real kernel's VFIO and KVM, in the lab; two boots of Linux on an emulated processor's KVM take minutes.
 */
@Tag("vfio")
@Tag("kvm")
class AssignedNvmeTest {
    private static final int MIB = 4;

    @TempDir
    private Path directory;

    @Test
    void theOrderOfDiskAndIommuDoesNotMatter() throws Exception {
        BootFiles files = BootFiles.cloud();
        assumeTrue(
                Files.exists(Program.ROOT.resolve("launcher/target/veery/classpath")),
                "the program is not built: run launcher/bin/build");
        Path guest = directory.resolve("guest");
        files.copyTo(guest, init());
        Files.writeString(guest.resolve("job"), job());

        Lab.Result result = Lab.run(
                directory,
                List.of("-k", "-d", "nvme", "-m", "2048", "-t", "900", "-f", guest.toString()),
                List.of("sh", "/job/guest/job"));

        assertEquals(0, result.status(), result::toString);
        String disk = find(result, "disk: ([0-9a-f]{64})");
        assertEquals(disk, find(result, "disk first: ([0-9a-f]{64})"), result::toString);
        assertEquals(disk, find(result, "iommu first: ([0-9a-f]{64})"), result::toString);
        assertTrue(result.out().contains("caching-mode turned on"), result::toString);
        assertTrue(!result.out().contains("fault addr"), result::toString);
    }

    private static String find(Lab.Result result, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(result.out());
        assertTrue(matcher.find(), () -> "no " + pattern + " in " + result);
        return matcher.group(1);
    }

    /** Fills the disk's file from its back, then boots twice. */
    private static String job() {
        String disk = "-device vfio-pci,host=$LAB_BDF";
        String iommu = "-device intel-iommu,aw-bits=39";
        return "dd if=/dev/urandom of=/job/.lab/nvme.img bs=1M count=" + MIB + " conv=notrunc,fsync 2>/dev/null\n"
                + "echo \"disk: $(head -c " + (MIB << 20) + " /job/.lab/nvme.img | sha256sum)\"\n"
                + "boot() {\n"
                + "    name=$1; shift\n"
                + "    timeout 400 veery -accel kvm -m 256M -nographic \"$@\" -kernel /job/guest/vmlinuz"
                + " -initrd /job/guest/initrd -no-reboot -append 'console=ttyS0 quiet panic=-1 tsc=reliable"
                + " intel_iommu=on,strict iommu=nopt' </dev/null 2>&1 | tr -d '\\r' | sed \"s/^sum/$name:/\"\n"
                + "}\n"
                + "boot 'disk first' " + disk + " " + iommu + "\n"
                + "boot 'iommu first' " + iommu + " " + disk + "\n"
                + "dmesg | grep 'fault addr'\n"
                + "true\n";
    }

    /** Reads the disk and switches off. */
    private static String init() {
        return "#!/bin/busybox sh\n"
                + "/bin/busybox --install -s /bin\n"
                + "export PATH=/bin\n"
                + "mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev\n"
                + "echo \"sum $(dd if=/dev/nvme0n1 bs=1M count=" + MIB + " 2>/dev/null | sha256sum)\"\n"
                + "dmesg | grep -E 'nvme|DMAR'\n"
                + "poweroff -f\n";
    }
}
