package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two PCs on one cable, each card behind an IOMMU. */
@Tag("boot")
class NetBootTest {
    /** Strict, and without the check of the timer, which a busy host can make fail. */
    private static final String STRICT = "intel_iommu=on,strict no_timer_check";

    /** In the order of their dependences; what a kernel has built in is not there. */
    private static final String LOAD =
            "for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover"
                    + " net_failover virtio_net; do [ ! -e /drivers/$m.ko ] || insmod /drivers/$m.ko; done; echo loa''ded";

    /** Takes the card from its driver and switches on its registers; w writes one: offset, bits, value. */
    private static final String[] TAKE_OVER = {
        "d=/sys/bus/pci/drivers/virtio-pci; a=$(ls $d | grep 0000:); echo $a > $d/unbind; r=/sys/bus/pci/devices/$a",
        "printf '\\006' | dd of=$r/config bs=1 seek=4 conv=notrunc 2>/dev/null; b=$(sed -n '5s/ .*//p' $r/resource)",
        "w() { devmem $((b + $1)) $2 $3; }"
    };

    /** Resets the card, gives it a queue where nothing is mapped, rings its doorbell and reads its status. */
    private static final String[] WILD_QUEUE = {
        "w 0x14 8 0; w 0x14 8 3; w 8 32 1; w 0xc 32 3; w 0x14 8 11; w 0x16 16 1; w 0x18 16 64",
        "w 0x20 32 0x100000; w 0x24 32 0; w 0x28 32 0x101000; w 0x2c 32 0; w 0x30 32 0x102000; w 0x34 32 0",
        "w 0x1c 16 1; w 0x14 8 15; w 0x3004 16 1; echo sta''tus $(devmem $((b + 0x14)) 8)"
    };

    private static GuestSession boot(int processors, String network, String card) throws IOException {
        GuestSession session = GuestSession.boot(
                STRICT,
                "-smp",
                String.valueOf(processors),
                "-device",
                "intel-iommu,intremap=on,device-iotlb=on",
                "-device",
                "pcie-root-port,id=port,chassis=1",
                "-netdev",
                "stream,id=n," + network,
                "-device",
                "virtio-net-pci,netdev=n,iommu_platform=on,disable-legacy=on," + card);
        session.type("[ -d /drivers ] && echo ha''ve || echo la''ck");
        boolean drivers = session.await("have|lack").group().equals("have");
        if (!drivers) {
            session.close();
        }
        assumeTrue(drivers, "the initial RAM disk has no /drivers");
        session.type(LOAD);
        session.await("loaded");
        return session;
    }

    /** Counts of the card's interrupts as the kernel has them, remapped. */
    private static void assertRemapped(GuestSession session, int vectors) throws IOException {
        session.type("grep -c 'IR-PCI-MSI.*virtio0-' /proc/interrupts; dmesg | grep -c 'DMAR.*fault'");
        session.await("\n" + vectors + "\r?\n0\r?\n");
    }

    /** Sends 4 MiB of noise from one to the other, on processors of a mask. */
    private static void transfer(GuestSession from, GuestSession to, String address, int mask) throws IOException {
        from.type("dd if=/dev/urandom of=/own bs=64k count=64 2>/dev/null; sha256sum /own");
        String own = from.await("([0-9a-f]{64})  /own").group(1);
        to.type("nc -l -p 77 > /got; sha256sum /got");
        from.type("until taskset " + mask + " nc " + address + " 77 < /own; do usleep 300000; done; echo se''nt");
        from.await("sent");
        assertEquals(own, to.await("([0-9a-f]{64})  /got").group(1));
    }

    @Test
    void filesArriveIntactAndWhatIsNotMappedIsNotReached(@TempDir Path directory) throws IOException {
        String path = "addr.type=unix,addr.path=" + directory.resolve("cable");
        try (GuestSession left = boot(1, "server=on," + path, "mac=52:54:00:00:00:01");
                GuestSession right = boot(
                        2, "server=off,queues=2," + path, "bus=port,mac=52:54:00:00:00:02,packed=on,ats=on,mq=on")) {
            left.type("ifconfig eth0 10.0.0.1; echo u''p");
            left.await("up");
            right.type("ifconfig eth0 10.0.0.2; echo u''p");
            right.await("up");
            transfer(left, right, "10.0.0.2", 1);
            transfer(right, left, "10.0.0.1", 2);
            assertRemapped(left, 3);
            assertRemapped(right, 5);
            // What the second processor sent left by its own pair of queues, and the answers came back there.
            right.type(
                    "ls /sys/class/net/eth0/queues | wc -l; awk '/virtio0-input.1/ && $2 + $3 {print \"pa\" \"ir\"}' /proc/interrupts");
            right.await("\n4\r?\npair\r?\n");
            // The kernel uses its translation services: each unmapping was an invalidation of the card's as well.
            right.type("dd if=$(ls -d /sys/bus/pci/drivers/virtio-pci/0000:*)/config bs=1 skip=263 count=1 2>/dev/null"
                    + " | hexdump -e '1/1 \"at''s %x\\n\"'");
            right.await("ats 80");
            for (String line : TAKE_OVER) {
                right.type(line);
            }
            for (String line : WILD_QUEUE) {
                right.type(line);
            }
            // NEEDS_RESET, besides what was written.
            assertEquals("4F", right.await("status 0x([0-9A-Fa-f]+)").group(1));
            right.type("dmesg | grep 'DMAR.*fault addr'");
            right.await("DMAR: \\[DMA Read.*fault addr 0x10[012]");
        }
    }
}
