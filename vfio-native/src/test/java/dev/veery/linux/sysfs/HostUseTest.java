package dev.veery.linux.sysfs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostUseTest {
    private static final String DISK = "devices/pci0000:00/0000:00:1d.0/0000:03:00.0";
    private static final String NIC = "devices/pci0000:00/0000:00:06.0";

    @TempDir
    Path temporary;

    private Sysfs sysfs;
    private Path proc;

    @BeforeEach
    void makeHost() throws IOException {
        sysfs = Sysfs.at(SysfsFixture.make(
                temporary.resolve("sys"),
                List.of(
                        "[devices/pci0000:00/0000:00:1d.0]",
                        "[" + DISK + "]",
                        "[" + DISK + "/nvme/nvme0/nvme0n1/nvme0n1p2]",
                        "partition 2",
                        "[devices/virtual/block/dm-0]",
                        "[devices/virtual/block/dm-0/slaves]",
                        "nvme0n1p2 -> ../../../../../" + DISK + "/nvme/nvme0/nvme0n1/nvme0n1p2",
                        "[class/block]",
                        "nvme0n1p2 -> ../../" + DISK + "/nvme/nvme0/nvme0n1/nvme0n1p2",
                        "dm-0 -> ../../devices/virtual/block/dm-0",
                        "[dev/block]",
                        "259:2 -> ../../" + DISK + "/nvme/nvme0/nvme0n1/nvme0n1p2",
                        "254:0 -> ../../devices/virtual/block/dm-0",
                        "[" + NIC + "]",
                        "[" + NIC + "/virtio0/net/eth0]",
                        "[devices/virtual/net/br0]",
                        "lower_eth0 -> ../../../../" + NIC + "/virtio0/net/eth0",
                        "[class/net]",
                        "eth0 -> ../../" + NIC + "/virtio0/net/eth0",
                        "br0 -> ../../devices/virtual/net/br0")));
        proc = temporary.resolve("proc");
        Files.createDirectories(proc.resolve("self"));
        Files.createDirectories(proc.resolve("net"));
    }

    private List<String> of(String address) {
        return new HostUse(sysfs, proc).of(sysfs.device(PciAddress.parse(address)));
    }

    @Test
    void aMountedPartitionIsInUse() throws IOException {
        Files.writeString(
                proc.resolve("self/mountinfo"),
                "21 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n22 21 0:5 / /proc rw - proc proc rw\n");

        assertEquals(List.of("it holds /, mounted from /dev/nvme0n1p2"), of("03:00.0"));
        assertEquals(List.of(), of("00:06.0"));
    }

    @Test
    void aStackedDeviceIsFollowedToItsDisk() throws IOException {
        Files.writeString(
                proc.resolve("self/mountinfo"), "21 1 254:0 / /home rw shared:1 - ext4 /dev/mapper/vg-home rw\n");

        assertEquals(List.of("it holds /home, mounted from /dev/mapper/vg-home"), of("03:00.0"));
    }

    @Test
    void aFileSystemWithANumberOfItsOwnIsFoundByItsSource() throws IOException {
        Files.writeString(
                proc.resolve("self/mountinfo"), "21 1 0:32 /@ / rw shared:1 - btrfs /dev/nvme0n1p2 rw,subvol=/@\n");

        assertEquals(List.of("it holds /, mounted from /dev/nvme0n1p2"), of("03:00.0"));
    }

    @Test
    void swapSpaceIsInUse() throws IOException {
        Files.writeString(
                proc.resolve("swaps"),
                "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/nvme0n1p2   partition\t1000\t0\t-2\n");

        assertEquals(List.of("it holds swap space, /dev/nvme0n1p2"), of("03:00.0"));
    }

    @Test
    void theDefaultRouteIsInUseThroughABridgeToo() throws IOException {
        Files.writeString(
                proc.resolve("net/route"),
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                        + "br0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                        + "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");

        assertEquals(List.of("it carries the default route, by br0"), of("00:06.0"));
        assertEquals(List.of(), of("03:00.0"));
    }

    @Test
    void aRejectRouteOfVersionSixIsNoUse() throws IOException {
        String none = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 ";
        String hop = "fe800000000000000000000000000001 00000400 00000001 00000000 ";
        Files.writeString(
                proc.resolve("net/ipv6_route"), none + hop + "00200200 lo\n" + none + hop + "00450003 eth0\n");

        assertEquals(List.of("it carries the default route, by eth0"), of("00:06.0"));
    }

    @Test
    void anIdleDeviceIsNotInUse() {
        assertEquals(List.of(), of("03:00.0"));
    }
}
