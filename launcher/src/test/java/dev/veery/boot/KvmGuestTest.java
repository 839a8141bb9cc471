package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.lab.Lab;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    /** For all guests; on an idle machine they need a third of it. */
    private static final String SECONDS = "560";

    /** How often a lab is started. */
    private static final int LABS = 3;

    /** The lab's status. */
    private static final int TIME_WAS_UP = 124;

    private static final int LAB_FAILED = 125;

    /** The last line of what a guest writes to its disk. */
    private static final String END = "end";

    private static final int DISK_BYTES = 1 << 20;

    /** The machine, but for accelerator and processors: a directory, and the disk that the guest writes to. */
    private static final String MACHINE = "-m 256M -nographic -no-reboot -kernel %1$s/vmlinuz -initrd %1$s/initrd"
            + " -drive file=%1$s/disk,if=none,id=d1,format=raw,readonly=on -device nvme,drive=d1,serial=n"
            + " -drive file=%2$s,if=none,id=d2,format=raw -device virtio-blk-pci,drive=d2 -append";

    private static final String APPEND =
            "console=ttyS0 quiet panic=-1 tsc=reliable nokaslr mitigations=off random.trust_cpu=on";

    /** Kernel's interrupt controllers and number of processors. */
    private static final List<String> MODES = List.of("on-1", "split-1", "off-1", "on-2", "split-2", "off-2");

    @TempDir
    private Path directory;

    @Test
    void guestsSeeTheSameMachineUnderKvm() throws Exception {
        BootFiles files = BootFiles.cloud();
        assumeTrue(
                Files.exists(Program.ROOT.resolve("launcher/target/veery/classpath")),
                "the program is not built: run launcher/bin/build");
        Path guest = directory.resolve("guest");
        files.copyTo(guest, init());
        byte[] disk = new byte[DISK_BYTES];
        new Random(7).nextBytes(disk);
        Files.write(guest.resolve("disk"), disk);
        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(disk));
        Map<String, String> seen = underKvm(guest);

        Map<String, List<String>> own = new HashMap<>();
        for (String cpus : List.of("1", "2")) {
            own.put(cpus, facts(own(guest, cpus)));
        }
        for (String mode : MODES) {
            List<String> kvm = facts(Objects.requireNonNull(seen.get(mode), mode));
            assertTrue(kvm.contains("nvme " + sum) && kvm.contains("virtio " + sum), () -> mode + "\n" + kvm);
            List<String> expected = own.get(mode.substring(mode.indexOf('-') + 1));
            assertEquals(String.join("\n", expected), String.join("\n", kvm), mode);
        }
    }

    /**
     * What the guests wrote under KVM, by mode. On a busy machine the lab itself, which is an emulated processor's KVM, now and
     * then stands still or ends: another one goes on with the modes that are left. Guests that fail are not tried again.
     */
    private Map<String, String> underKvm(Path guest) throws IOException, InterruptedException {
        Map<String, String> seen = new HashMap<>();
        for (int lab = 1; lab <= LABS && seen.size() < MODES.size(); lab++) {
            List<String> left =
                    MODES.stream().filter(mode -> !seen.containsKey(mode)).toList();
            Files.writeString(guest.resolve("job"), job(left));
            Path out = directory.resolve("out" + lab);
            Lab.Result result = Lab.run(
                    directory,
                    List.of(
                            "-k",
                            "-d",
                            "none",
                            "-m",
                            "2048",
                            "-t",
                            SECONDS,
                            "-f",
                            guest.toString(),
                            "-o",
                            out.toString()),
                    List.of("sh", "/job/guest/job"));
            for (String mode : left) {
                Path disk = out.resolve(mode);
                if (Files.exists(disk)) {
                    seen.put(mode, Files.readString(disk, StandardCharsets.ISO_8859_1));
                }
            }
            if (result.status() != TIME_WAS_UP && result.status() != LAB_FAILED) {
                assertEquals(0, result.status(), result::toString);
                assertEquals(MODES.size(), seen.size(), result::toString);
            } else {
                System.out.println("lab " + lab + " ended early, after " + seen.keySet() + ": " + result);
            }
        }
        return seen;
    }

    /** What our own processor shows. */
    private String own(Path guest, String cpus) throws IOException, InterruptedException {
        Path disk = directory.resolve("own-" + cpus);
        Files.copy(guest.resolve("disk"), disk);
        List<String> command = new ArrayList<>(
                List.of(Program.ROOT.resolve("launcher/bin/veery").toString(), "-accel", "tcg", "-smp", cpus));
        command.addAll(List.of(String.format(MACHINE, guest, disk).split(" ")));
        command.add(APPEND);
        Program.run(directory, command);
        return Files.readString(disk, StandardCharsets.ISO_8859_1);
    }

    /** One guest after the other: KVM on two emulated processors at once ends the lab now and then. */
    private static String job(List<String> modes) {
        StringBuilder job = new StringBuilder("boot() {\n"
                + "    cp /job/guest/disk /tmp/disk\n"
                + "    timeout 300 veery -accel kvm -machine q35,kernel-irqchip=$2 -smp $3 "
                + String.format(MACHINE, "/job/guest", "/tmp/disk") + " '" + APPEND + "' </dev/null >/tmp/log 2>&1"
                + " || { echo \"$1: status $?\"; cat /tmp/log; exit 1; }\n"
                + "    cp /tmp/disk /job/out/part; mv /job/out/part /job/out/$1\n"
                + "    echo \"$1 after $(cut -d ' ' -f 1 /proc/uptime) s\"\n"
                + "}\n"
                // A compiler that optimises would not pay for itself.
                + "export VEERY_JAVA_OPTS=-XX:TieredStopAtLevel=1\n");
        for (String mode : modes) {
            job.append("boot ")
                    .append(mode)
                    .append(' ')
                    .append(mode.replace('-', ' '))
                    .append('\n');
        }
        return job.toString();
    }

    /** What the guest found, without what may differ. */
    private static List<String> facts(String disk) {
        int end = disk.indexOf("\n" + END + "\n");
        assertTrue(end > 0, "the guest wrote nothing to its disk");
        List<String> facts =
                disk.substring(0, end).lines().filter(line -> !mayDiffer(line)).toList();
        assertTrue(facts.size() > 100, () -> String.join("\n", facts));
        return facts;
    }

    /** A kernel that finds a hypervisor it knows counts its calls. */
    private static boolean mayDiffer(String line) {
        return line.startsWith("interrupts HYP:");
    }

    /** Writes facts, each line with its kind in front, to the disk behind virtio, and switches off. */
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
                // By the serial port it would take longer than all of the rest.
                + "{ facts; echo " + END + "; } > /facts\n"
                + "cat /facts > /dev/vda; sync\n"
                + "poweroff -f\n";
    }
}
