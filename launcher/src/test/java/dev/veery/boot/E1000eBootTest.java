package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's driver of the e1000e behind the IOMMU: two cards of one PC on one cable, each in a network of its own. */
@Tag("boot")
class E1000eBootTest {
    private static final String LOAD = "for m in pps_core ptp e1000e; do [ ! -e /drivers/$m.ko ] ||"
            + " insmod /drivers/$m.ko; done; echo loa''ded $(ls /sys/class/net | grep -c eth)";

    /** The second card goes into a network name space, so that what is sent to its address takes the cable. */
    private static final String[] SEPARATE = {
        "unshare -n sh -c 'echo $$ > /other; sleep 100000' &",
        "until [ -s /other ]; do usleep 100000; done; ip link set eth1 netns $(cat /other)",
        "far() { nsenter -n -t $(cat /other) \"$@\"; }",
        "ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up",
        "far ip addr add 10.0.0.2/24 dev eth1; far ip link set eth1 up; echo separa''ted"
    };

    /** The receiver has an input that never ends: in the background it may not read the terminal. */
    private static String transfer(String to, String from, String address, String file, String copy) {
        return "tail -f /dev/null | " + to + " nc -l -p 77 > " + copy + " & until " + from + " nc " + address
                + " 77 < " + file + "; do usleep 300000; done; until [ $(wc -c < " + copy + ") = 4194304 ];"
                + " do usleep 300000; done; sha256sum " + copy;
    }

    @Test
    void filesArriveIntactBothWaysByRemappedInterrupts(@TempDir Path directory) throws IOException {
        String path = "addr.type=unix,addr.path=" + directory.resolve("cable");
        try (GuestSession session = GuestSession.bootGeneric(
                "intel_iommu=on,strict iommu=nopt no_timer_check",
                "-device",
                "e1000e,netdev=a,mac=52:54:00:00:00:01",
                "-device",
                "pcie-root-port,id=port,chassis=1",
                "-device",
                "e1000e,netdev=b,mac=52:54:00:00:00:02,bus=port",
                "-netdev",
                "stream,id=a,server=on," + path,
                "-netdev",
                "stream,id=b,server=off," + path,
                "-device",
                "intel-iommu,intremap=on")) {
            session.type(LOAD);
            assertEquals("2", session.await("loaded ([0-9])").group(1));
            for (String line : SEPARATE) {
                session.type(line);
            }
            session.await("separated");
            session.type("dd if=/dev/urandom of=/own bs=64k count=64 2>/dev/null; sha256sum /own");
            String own = session.await("([0-9a-f]{64})  /own").group(1);
            session.type(transfer("far", "", "10.0.0.2", "/own", "/got"));
            assertEquals(own, session.await("([0-9a-f]{64})  /got").group(1));
            session.type(transfer("", "far", "10.0.0.1", "/got", "/back"));
            assertEquals(own, session.await("([0-9a-f]{64})  /back").group(1));

            // Queues and link of both cards each have a vector.
            session.type("echo vec''tors $(grep -c 'IR-PCI-MSI.*eth[01]' /proc/interrupts)");
            assertEquals("6", session.await("vectors ([0-9]+)").group(1));
            session.type("echo com''plaints $(dmesg | grep -c -E 'DMAR.*fault|Hardware Error|Call Trace|WARNING:')");
            assertEquals("0", session.await("complaints ([0-9]+)").group(1));
            // What is behind the port has a link, what is on the root bus has none.
            session.type("for s in /sys/bus/pci/drivers/e1000e/0*; do echo wi''dth $(cat $s/current_link_width); done");
            assertEquals("0", session.await("width ([0-9]+)").group(1));
            assertEquals("1", session.await("width ([0-9]+)").group(1));
        }
    }
}
