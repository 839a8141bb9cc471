package dev.veery.linux.sysfs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Functions that the host's IOMMU cannot tell apart, or that can reach each other behind its back: given away as a whole. */
public final class IommuGroup {
    /** More than any platform reserves; a line is about 50 bytes and the file at most a page. */
    private static final int MAX_REGIONS = 128;

    private final Sysfs sysfs;
    private final int number;
    private final Path directory;

    IommuGroup(Sysfs sysfs, int number, Path directory) {
        this.sysfs = sysfs;
        this.number = number;
        this.directory = directory;
    }

    /** As the kernel numbers it; the name of its file is {@code /dev/vfio/NUMBER}. */
    public int number() {
        return number;
    }

    /**
     * The PCI functions in it, sorted by address. Members on other buses do not appear: they are in {@link #otherMembers}.
     */
    public List<HostPciDevice> members() {
        List<HostPciDevice> members = new ArrayList<>();
        for (String name : sysfs.list(directory.resolve("devices"))) {
            if (PciAddress.isName(name)) {
                members.add(sysfs.device(PciAddress.parse(name)));
            }
        }
        members.sort((a, b) -> a.address().compareTo(b.address()));
        return members;
    }

    /** The names of members that are not PCI functions. */
    public List<String> otherMembers() {
        return sysfs.list(directory.resolve("devices")).stream()
                .filter(name -> !PciAddress.isName(name))
                .toList();
    }

    /** Members whose driver keeps the group from being used: neither VFIO's, nor a bridge's, nor none. */
    public List<HostPciDevice> blockers() {
        return members().stream().filter(member -> !member.letsItsGroupGo()).toList();
    }

    /** How the kernel itself uses it: {@code DMA}, {@code DMA-FQ}, {@code identity}, {@code blocked}. */
    public Optional<String> type() {
        return Optional.ofNullable(sysfs.text(directory.resolve("type")));
    }

    /**
     * Where no mapping can be.
     *
     * @throws dev.veery.base.ConfigException if the file makes no sense
     */
    public List<ReservedRegion> reservedRegions() {
        Path file = directory.resolve("reserved_regions");
        String text = sysfs.text(file);
        List<ReservedRegion> regions = new ArrayList<>();
        if (text == null || text.isEmpty()) {
            return regions;
        }
        for (String line : text.split("\n", MAX_REGIONS + 1)) {
            String[] parts = line.strip().split("\\s+", 3);
            if (parts.length != 3 || regions.size() == MAX_REGIONS) {
                throw Sysfs.malformed(file, "'" + Sysfs.abbreviated(line) + "' is not a region");
            }
            long first = sysfs.number(file, parts[0]);
            long last = sysfs.number(file, parts[1]);
            if (Long.compareUnsigned(last, first) < 0) {
                throw Sysfs.malformed(file, "'" + Sysfs.abbreviated(line) + "' ends before it begins");
            }
            regions.add(new ReservedRegion(first, last, Sysfs.abbreviated(parts[2])));
        }
        return regions;
    }
}
