package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The kernel's drivers of virtio and VFIO, which distributions have as modules. NVMe must be built in, as in Debian's cloud kernel. */
final class Drivers {
    /** In an order that satisfies their dependences. */
    private static final List<String> NAMES = List.of(
            "virtio_ring",
            "virtio",
            "virtio_pci_legacy_dev",
            "virtio_pci_modern_dev",
            "virtio_pci",
            "virtio_blk",
            "failover",
            "net_failover",
            "virtio_net",
            "irqbypass",
            "vfio",
            "vfio_virqfd",
            "vfio_iommu_type1",
            "vfio-pci-core",
            "vfio-pci");

    private static final int DEPTH = 8;

    private Drivers() {}

    /**
     * Finds them.
     *
     * @param kernel a file called vmlinuz-VERSION
     * @param given the directory to look in, or null for where the demo or the distribution puts them
     * @return files in the order in which to load them; empty if all are built in
     */
    static List<Path> find(Path kernel, @Nullable Path given) {
        String name = String.valueOf(kernel.getFileName());
        String version = name.substring(name.indexOf('-') + 1);
        Path root = kernel.toAbsolutePath().resolve("../..").normalize();
        List<Path> directories = given != null
                ? List.of(given)
                : List.of(
                        root.resolve("drivers"),
                        root.resolve("lib/modules").resolve(version),
                        Path.of("/lib/modules", version));
        for (Path directory : directories) {
            if (Files.isDirectory(directory)) {
                return in(directory);
            }
        }
        throw new ConfigException("bench: no modules of '" + kernel + "' found; give their directory with --modules");
    }

    private static List<Path> in(Path directory) {
        Map<String, Path> found = new LinkedHashMap<>();
        NAMES.forEach(name -> found.put(name + ".ko", directory));
        try (Stream<Path> files = Files.walk(directory, DEPTH)) {
            files.forEach(file -> found.replace(String.valueOf(file.getFileName()), file));
        } catch (IOException e) {
            throw new ConfigException("bench: cannot read '" + directory + "': " + e.getMessage());
        }
        return found.values().stream().filter(file -> !file.equals(directory)).toList();
    }
}
