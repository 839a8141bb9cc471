package dev.veery.explain;

import dev.veery.dma.DmaPlan;
import dev.veery.linux.sysfs.ReservedRegion;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.vfio.DryDevice;
import dev.veery.vfio.DryRun;
import dev.veery.vfio.DrySpace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine that was planned, and the host it was planned for. Devices and address spaces are in the order of the host's
 * addresses, so that the order on the command line leaves no trace.
 *
 * @param sysfs the host
 * @param limits of this process
 * @param ramBytes the guest's RAM
 * @param plan who is in which domain
 * @param run the host side
 * @param warnings what the machine said while it was made
 */
public record Explanation(
        Sysfs sysfs, HostLimits limits, long ramBytes, DmaPlan plan, DryRun run, List<String> warnings) {
    /** Copies the warnings. */
    public Explanation {
        warnings = List.copyOf(warnings);
    }

    /** The assigned devices. */
    List<DryDevice> devices() {
        List<DryDevice> devices = new ArrayList<>(run.devices());
        devices.sort(
                Comparator.comparing((DryDevice device) -> device.hostDevice().address()));
        return devices;
    }

    /** The address spaces. */
    List<DrySpace> spaces() {
        List<DrySpace> spaces = new ArrayList<>();
        for (DryDevice device : devices()) {
            DrySpace space = device.space();
            if (space != null && !spaces.contains(space)) {
                spaces.add(space);
            }
        }
        return spaces;
    }

    /** What it is called. */
    String name(DrySpace space) {
        String iommufd = space.devices().get(0).iommufd();
        String kind = iommufd == null ? "container" : "address space of iommufd '" + iommufd + "'";
        return kind + " " + spaces().indexOf(space);
    }

    /** The others in its address space. */
    List<DryDevice> sharing(DryDevice device) {
        return devices().stream()
                .filter(other -> other != device && other.space() != null && other.space() == device.space())
                .toList();
    }

    /** The domain of a device, as the plan says: {@link DmaPlan#IDENTITY} or the guest's IOMMU. */
    String domain(DryDevice device) {
        return entry(device).domain();
    }

    /** Its place in the guest. */
    String guestPath(DryDevice device) {
        return entry(device).requester();
    }

    private DmaPlan.Entry entry(DryDevice device) {
        String name = device.toString();
        return plan.entries().stream()
                .filter(entry -> entry.requester().equals(device.requesterPath())
                        && entry.device().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " is not in the plan"));
    }

    /** Whether a reserved region touches guest memory that is to be mapped. */
    static boolean hit(DrySpace space, ReservedRegion region) {
        return space.mappings().stream().anyMatch(mapping -> region.overlaps(mapping.iova(), mapping.length()));
    }

    /** Why the machine would not start; empty if it would. */
    List<String> obstacles() {
        List<String> all = new ArrayList<>();
        for (DryDevice device : devices()) {
            device.obstacles().forEach(obstacle -> all.add(named(device, obstacle)));
        }
        for (DrySpace space : spaces()) {
            for (DrySpace.Mapping mapping : space.mappings()) {
                if (!mapping.refusal().isEmpty()) {
                    all.add(String.format(
                            "%s: %s of guest memory at %x cannot be mapped: %s",
                            name(space), DeviceFacts.size(mapping.length()), mapping.iova(), mapping.refusal()));
                }
            }
            if (space.mappings().size() > space.limit()) {
                all.add(name(space) + ": it takes no more than " + space.limit() + " mappings");
            }
        }
        return all;
    }

    private static String named(DryDevice device, String obstacle) {
        String bdf = device.hostDevice().toString();
        return obstacle.contains(bdf) ? obstacle : "host device " + bdf + ": " + obstacle;
    }

    /** How many bytes have to be locked: memory that two address spaces map counts twice, as the kernel counts it. */
    long neededBytes() {
        return spaces().stream()
                .flatMap(space -> space.mappings().stream())
                .mapToLong(DrySpace.Mapping::length)
                .sum();
    }

    /** Whether the machine would start. */
    public boolean ready() {
        return obstacles().isEmpty();
    }

    /** What the guest's IOMMU is called; null if it has none. */
    @Nullable
    String unit() {
        return plan.unit();
    }
}
