package dev.veery.linux.sysfs;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Copies of a sysfs tree what this package reads, for looking at elsewhere. Only attributes without side effects are read, unlike
 * by a recursive copy, which would touch registers of devices through their {@code resource} files.
 */
public final class SysfsCapture {
    private static final List<String> ATTRIBUTES = List.of(
            "vendor",
            "device",
            "class",
            "revision",
            "subsystem_vendor",
            "subsystem_device",
            "driver_override",
            "resource",
            "reset_method",
            "power_state",
            "numa_node",
            "irq",
            "boot_vga",
            "max_link_width",
            "config",
            "iommu/intel-iommu/cap",
            "iommu/intel-iommu/ecap");

    /** Files whose being there says it all; reading or writing them does something. */
    private static final List<String> MARKS = List.of("reset", "rom");

    private static final List<String> MODULE_PARAMETERS = List.of("dma_entry_limit", "allow_unsafe_interrupts");
    private static final int LIMIT = 4096;

    private final Sysfs from;
    private final Path to;

    private SysfsCapture(Sysfs from, Path to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Copies.
     *
     * @param to a directory that does not exist yet
     * @throws ConfigException if it exists or cannot be written
     */
    public static void copy(Sysfs from, Path to) {
        if (Files.exists(to)) {
            throw new ConfigException("'" + to + "' exists already; name a directory to be made");
        }
        try {
            new SysfsCapture(from, to).copyAll();
        } catch (IOException e) {
            throw new ConfigException("cannot write below '" + to + "': " + Sysfs.reason(e));
        }
    }

    private void copyAll() throws IOException {
        Path devices = Files.createDirectories(to.resolve("bus/pci/devices"));
        for (HostPciDevice device : from.devices()) {
            Path copy = Files.createDirectories(copyOf(device.directory()));
            link(devices.resolve(device.toString()), copy);
            for (String name : ATTRIBUTES) {
                file(device.directory().resolve(name), copy.resolve(name));
            }
            for (String name : MARKS) {
                if (Files.exists(device.directory().resolve(name))) {
                    Files.createFile(copy.resolve(name));
                }
            }
            if (device.driver().isPresent()) {
                link(
                        copy.resolve("driver"),
                        Files.createDirectories(to.resolve("bus/pci/drivers")
                                .resolve(device.driver().get())));
            }
            if (device.vfioDevice().isPresent()) {
                Files.createDirectories(
                        copy.resolve("vfio-dev").resolve(device.vfioDevice().get()));
            }
            if (device.group().isPresent()) {
                group(device.group().get(), device, copy);
            }
        }
        for (String name : MODULE_PARAMETERS) {
            Path parameter = Path.of("module/vfio_iommu_type1/parameters").resolve(name);
            file(from.root().resolve(parameter), to.resolve(parameter));
        }
    }

    private void group(IommuGroup group, HostPciDevice device, Path copy) throws IOException {
        Path groups = Path.of("kernel/iommu_groups").resolve(Integer.toString(group.number()));
        Path members = Files.createDirectories(to.resolve(groups).resolve("devices"));
        for (String name : List.of("type", "reserved_regions")) {
            file(from.root().resolve(groups).resolve(name), to.resolve(groups).resolve(name));
        }
        link(members.resolve(device.toString()), copy);
        link(copy.resolve("iommu_group"), to.resolve(groups));
    }

    private Path copyOf(Path directory) {
        return to.resolve(from.root().relativize(directory).toString());
    }

    private void file(Path source, Path copy) throws IOException {
        byte[] bytes = from.bytes(source, LIMIT);
        Path directory = copy.getParent();
        if (bytes != null && directory != null) {
            Files.createDirectories(directory);
            Files.write(copy, bytes);
        }
    }

    private static void link(Path link, Path target) throws IOException {
        Path directory = link.getParent();
        if (directory != null) {
            Files.createSymbolicLink(link, directory.relativize(target));
        }
    }
}
