package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the guest was told is on its disk is there, however the program ends. */
@Tag("boot")
class DiskCrashTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 4096;
    private static final int ENOUGH = 40;

    /** In the order of their dependences; what a kernel has built in is not there. */
    private static final String LOAD =
            "for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do"
                    + " [ ! -e /drivers/$m.ko ] || insmod /drivers/$m.ko; done; echo dis''ks $(ls /dev/$disk)";

    @ParameterizedTest
    @CsvSource({
        "nvme0n1, 'nvme,serial=crash'",
        "vda, virtio-blk-pci",
        "vda, 'virtio-blk-pci,iommu_platform=on,packed=on'",
    })
    void noFlushedBlockIsLostWhenTheProgramIsKilled(String disk, String device, @TempDir Path directory)
            throws IOException, InterruptedException {
        Path image = directory.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) BLOCK * BLOCKS);
        }
        String log;
        try (GuestSession session = GuestSession.boot(
                "intel_iommu=on,strict",
                "-device",
                "intel-iommu,intremap=on",
                "-device",
                device + ",drive=d",
                "-drive",
                "if=none,id=d,format=raw,file=" + image)) {
            session.type("disk=" + disk + "; " + LOAD);
            session.await("disks /dev/" + disk);
            // Each block holds its number; dd returns when the disk has flushed it.
            session.type("n=1; while printf %016d $n | dd of=/dev/$disk bs=" + BLOCK
                    + " seek=$n conv=sync,fsync 2>/dev/null; do echo flushed'-'$n.; n=$((n + 1)); done");
            session.await("flushed-" + ENOUGH + "\\.");
            // By its handle: the process itself would close the pipe, and with it what the guest said last.
            session.process.toHandle().destroyForcibly();
            assertTrue(session.process.waitFor(1, TimeUnit.MINUTES));
            log = session.rest();
        }
        int found = 0;
        Matcher flushed = Pattern.compile("flushed-(\\d+)\\.").matcher(log);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "r")) {
            while (flushed.find()) {
                int number = Integer.parseInt(flushed.group(1));
                byte[] start = new byte[16];
                file.seek((long) BLOCK * number);
                file.readFully(start);
                assertEquals(String.format("%016d", number), new String(start, StandardCharsets.US_ASCII));
                found++;
            }
        }
        assertTrue(found >= ENOUGH, log);
    }
}
