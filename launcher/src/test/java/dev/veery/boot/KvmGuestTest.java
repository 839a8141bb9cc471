package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's kernel under KVM sees the machine that it sees on our own processor: configuration spaces, memory and port maps,
 * sources of interrupts, ACPI tables; and reads its disks. On the real kernel's KVM, in the lab.
 */
@Tag("vfio")
@Tag("kvm")
class KvmGuestTest {
    /** For all guests. */
    private static final String SECONDS = "1100";

    /** The lab's status. */
    private static final int TIME_WAS_UP = 124;

    private static final int DISK_BYTES = 1 << 20;

    /** The machine, but for accelerator and processors. */
    private static final String MACHINE = "-m 256M -nographic -no-reboot -kernel %1$s/vmlinuz -initrd %1$s/initrd"
            + " -drive file=%1$s/disk,if=none,id=d1,format=raw,readonly=on -device nvme,drive=d1,serial=n"
            + " -drive file=%1$s/disk,if=none,id=d2,format=raw,readonly=on -device virtio-blk-pci,drive=d2 -append";

    private static final String APPEND = "console=ttyS0 quiet panic=-1 tsc=reliable nokaslr";

    /** Kernel's interrupt controllers and number of processors. */
    private static final List<String> MODES = List.of("on 1", "split 1", "off 1", "on 2", "split 2", "off 2");

    @TempDir
    private Path directory;

    @Test
    void guestsSeeTheSameMachineUnderKvm() throws Exception {
        assumeTrue(
                System.getenv("VEERY_LAB_ALL") != null,
                "VEERY_LAB_ALL is not set: AssignedNvmeTest boots a guest under KVM");
        String kernel = System.getenv("VEERY_TEST_KERNEL");
        String initrd = System.getenv("VEERY_TEST_INITRD");
        assumeTrue(kernel != null && initrd != null, "VEERY_TEST_KERNEL and VEERY_TEST_INITRD name nothing to boot");
        assumeTrue(
                Files.exists(Program.ROOT.resolve("launcher/target/veery/classpath")),
                "the program is not built: run launcher/bin/build");
        Path guest = Files.createDirectory(directory.resolve("guest"));
        Files.copy(Path.of(kernel), guest.resolve("vmlinuz"));
        Files.write(guest.resolve("initrd"), InitialRamDisk.withInit(Files.readAllBytes(Path.of(initrd)), init()));
        byte[] disk = new byte[DISK_BYTES];
        new Random(7).nextBytes(disk);
        Files.write(guest.resolve("disk"), disk);
        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(disk));
        Files.writeString(guest.resolve("job"), job(MODES));

        Lab.Result result = boot(guest);
        if (result.status() == TIME_WAS_UP) {
            // On a busy machine the lab's own kernel now and then hangs in its emulated processor's KVM.
            System.out.println("once more, as the lab hung: " + result);
            result = boot(guest);
        }
        Lab.Result last = result;

        assertEquals(0, result.status(), result::toString);
        Map<String, List<String>> own = new HashMap<>();
        for (String cpus : List.of("1", "2")) {
            own.put(cpus, facts(own(guest, cpus), ""));
        }
        for (String mode : MODES) {
            List<String> kvm = facts(result.out(), mode + ": ");
            assertTrue(kvm.contains("nvme " + sum) && kvm.contains("virtio " + sum), () -> mode + "\n" + last);
            List<String> expected = own.get(mode.substring(mode.indexOf(' ') + 1));
            assertEquals(String.join("\n", expected), String.join("\n", kvm), mode);
        }
    }

    private Lab.Result boot(Path guest) throws Exception {
        return Lab.run(
                directory,
                List.of("-k", "-d", "none", "-m", "2048", "-t", SECONDS, "-f", guest.toString()),
                List.of("sh", "/job/guest/job"));
    }

    /** What our own processor shows. */
    private String own(Path guest, String cpus) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Program.ROOT.resolve("launcher/bin/veery").toString(), "-accel", "tcg", "-smp", cpus));
        command.addAll(List.of(String.format(MACHINE, guest).split(" ")));
        command.add(APPEND);
        return Program.run(directory, command).out();
    }

    /** One guest after the other: KVM on two emulated processors at once ends the lab now and then. */
    private static String job(List<String> modes) {
        StringBuilder job = new StringBuilder("boot() {\n"
                + "    timeout 1000 veery -accel kvm -machine q35,kernel-irqchip=$1 -smp $2 "
                + String.format(MACHINE, "/job/guest") + " '" + APPEND + "' </dev/null 2>&1"
                + " | tr -d '\\r' | sed \"s/^/$1 $2: /\" >/job/out/$1-$2\n"
                + "}\n");
        for (String mode : modes) {
            job.append("boot ").append(mode).append('\n');
        }
        return job.append("cat /job/out/*\n").toString();
    }

    /** What the guest found, without what may differ. */
    private static List<String> facts(String output, String prefix) {
        List<String> facts = output.replace("\r", "")
                .lines()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .filter(line -> line.matches("(nvme|virtio|cpus|iomem|ioports|interrupts|pci|resource|acpi) .*"))
                .filter(line -> !mayDiffer(line))
                .toList();
        assertTrue(facts.size() > 100, () -> prefix + "\n" + output);
        return facts;
    }

    /** A kernel that finds a hypervisor it knows counts its calls. */
    private static boolean mayDiffer(String line) {
        return line.startsWith("interrupts HYP:");
    }

    /** Prints facts, each line with its kind in front, and switches off. */
    private static String init() {
        return "#!/bin/busybox sh\n"
                + "/bin/busybox --install -s /bin\n"
                + "export PATH=/bin\n"
                + "mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev\n"
                + "for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do\n"
                + "    [ ! -e /drivers/$m.ko ] || insmod /drivers/$m.ko\n"
                + "done\n"
                + "left=100; while [ ! -b /dev/vda ] && [ $left -gt 0 ]; do usleep 100000; left=$((left - 1)); done\n"
                + "sum() { dd if=$1 bs=64k iflag=direct 2>/dev/null | sha256sum | cut -d ' ' -f 1; }\n"
                + "facts() {\n"
                + "    echo \"nvme $(sum /dev/nvme0n1)\"; echo \"virtio $(sum /dev/vda)\"\n"
                + "    cpus=$(grep -c ^processor /proc/cpuinfo); echo \"cpus $cpus\"\n"
                + "    sed 's/^/iomem /' /proc/iomem; sed 's/^/ioports /' /proc/ioports\n"
                + "    awk -v cpus=$cpus 'NR > 1 { line = $1; for (i = 2 + cpus; i <= NF; i++) line = line \" \" $i;"
                + " print \"interrupts \" line }' /proc/interrupts\n"
                + "    for d in /sys/bus/pci/devices/*; do\n"
                + "        hexdump -v -e '16/1 \"%02x \" \"\\n\"' $d/config | sed \"s/^/pci ${d##*/} /\"\n"
                + "        sed \"s/^/resource ${d##*/} /\" $d/resource\n"
                + "    done\n"
                + "    cd /sys/firmware/acpi/tables\n"
                + "    for t in *; do [ ! -f $t ] || echo \"acpi $t $(sha256sum < $t)\"; done\n"
                + "}\n"
                // Collected first: messages of the kernel get in between the lines otherwise.
                + "facts > /facts\n"
                + "dmesg -n 1\n"
                + "cat /facts\n"
                + "poweroff -f\n";
    }
}
