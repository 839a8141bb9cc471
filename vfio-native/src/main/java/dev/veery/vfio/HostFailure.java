package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.sys.SysException;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What went wrong on the host, in one line that says what to do about it. */
final class HostFailure {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String MEMLOCK = "Max locked memory";

    private HostFailure() {}

    /** The device is not in VFIO's hands. */
    static ConfigException notBound(HostPciDevice device) {
        String driver = device.driver().map(name -> "has driver " + name).orElse("has no driver");
        return new ConfigException("host device " + device + " " + driver
                + ", not vfio-pci; give it to VFIO with 'veery bind " + device + "'");
    }

    /** There is no IOMMU between it and memory. */
    static ConfigException noIommu(HostPciDevice device) {
        return new ConfigException("host device " + device
                + " is not behind an IOMMU; enable VT-d or AMD-Vi in the firmware, and boot the host with intel_iommu=on"
                + " where that is needed");
    }

    /** Members of the group are in other hands. */
    static ConfigException notViable(HostPciDevice device, IommuGroup group) {
        List<HostPciDevice> blockers = group.blockers();
        String named = blockers.stream()
                .map(member -> member + " (driver " + member.driver().orElse("none") + ")")
                .collect(Collectors.joining(", "));
        String remedy =
                blockers.stream().map(member -> "'veery bind " + member + "'").collect(Collectors.joining(", "));
        return new ConfigException("host device " + device + " shares IOMMU group " + group.number()
                + " with devices that the host uses: " + (named.isEmpty() ? "unknown ones" : named)
                + "; give the whole group to VFIO" + (remedy.isEmpty() ? "" : " with " + remedy)
                + ", or put the device into another slot");
    }

    /** Two devices of a group cannot be in different domains. */
    static ConfigException sharesGroup(HostPciDevice device, int group, HostPciDevice other) {
        return new ConfigException(
                "host device " + device + " shares IOMMU group " + group + " with host device " + other
                        + ", and an IOMMU of the guest gives each a domain of its own; put both behind a -device"
                        + " pcie-pci-bridge of the guest's, which makes one of them, or leave one of them, or intel-iommu, out");
    }

    /** Opening one of VFIO's files failed. */
    static ConfigException open(HostPciDevice device, String file, SysException e) {
        String what = "host device " + device + ": " + file + ": ";
        return new ConfigException(
                switch (e.errno()) {
                    case Errno.EBUSY ->
                        what + "another program has it open; end that program, such as another virtual machine";
                    case Errno.EACCES, Errno.EPERM ->
                        what + "permission denied; run as root, or make yourself its owner with 'chown'";
                    case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                        what + "not there; load the module with 'modprobe vfio-pci', and see 'veery explain'";
                    default -> what + e.getMessage();
                });
    }

    /** Joining the host's IOMMU failed. */
    static ConfigException attach(HostPciDevice device, SysException e) {
        String what = "host device " + device + ": ";
        return new ConfigException(
                switch (e.errno()) {
                    case Errno.EPERM ->
                        what
                                + "the host does not remap interrupts, so that the device could send any; enable that in the"
                                + " firmware, or accept it with 'modprobe vfio_iommu_type1 allow_unsafe_interrupts=1'";
                    case Errno.EBUSY ->
                        what + "another program has it; end that program, such as another virtual machine";
                    case Errno.ENODEV ->
                        what
                                + "no IOMMU serves it; load the module with 'modprobe vfio_iommu_type1', and see 'veery explain'";
                    default -> what + e.getMessage();
                });
    }

    /**
     * A mapping was refused: why, and the remedy.
     *
     * @param needed how many bytes there would be with it, or with all that are to come
     */
    static String mapping(int error, long needed, MappingLedger ledger) {
        return switch (-error) {
            case Errno.ENOMEM ->
                "the limit on locked memory is " + memlock() + ", and "
                        + (needed + Units.MIB - 1) / Units.MIB
                        + " MiB must stay in memory for devices; raise it with 'ulimit -l' (LimitMEMLOCK= of systemd), or use a"
                        + " smaller -m";
            case Errno.ENOSPC ->
                "the host's IOMMU takes no more than " + ledger.limit()
                        + " mappings; raise that with 'modprobe vfio_iommu_type1 dma_entry_limit=', or use iommu=pt or"
                        + " larger pages in the guest";
            case Errno.EINVAL, Errno.ERANGE ->
                "the host's IOMMU does not take these addresses (reserved, or too wide:"
                        + " see 'veery explain'); use intel-iommu with a smaller aw-bits";
            default -> Errno.describe(-error);
        };
    }

    /** The limit as the kernel states it. */
    private static String memlock() {
        try {
            for (String line : Files.readAllLines(LIMITS)) {
                if (line.startsWith(MEMLOCK)) {
                    String[] words = line.substring(MEMLOCK.length()).strip().split("\\s+");
                    return words[0].matches("[0-9]+") ? Long.parseLong(words[0]) / Units.KIB + " KiB" : words[0];
                }
            }
        } catch (IOException e) {
            return "not known (" + e.getMessage() + ")";
        }
        return "not known";
    }
}
