package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.util.List;
import java.util.Locale;

/** What is measured in one run of a guest. */
enum Group {
    /** The processor, and booting. */
    CPU("", ""),
    /** Two disks: virtio-blk and NVMe. */
    DISK("disk", ""),
    /** A network card, virtio-net. */
    NET("net", ""),
    /**
     * Both, behind an IOMMU that the guest uses strictly: a request maps its memory, unmaps it, and waits for the invalidation. And
     * that alone, by the guest's VFIO, for a device that does nothing.
     */
    IOMMU("disk+net", "strict-");

    /** What of disks and networks is worth it behind the IOMMU. */
    private static final List<String> STRICT = List.of(
            "map4k", "blk-read4k-32", "nvme-read4k-1", "nvme-read4k-32", "nvme-read128k", "net-send", "net-receive");

    private final String devices;
    private final String prefix;

    Group(String devices, String prefix) {
        this.devices = devices;
        this.prefix = prefix;
    }

    static Group named(String word) {
        for (Group group : values()) {
            if (group.word().equals(word)) {
                return group;
            }
        }
        throw ConfigException.usage("bench: there is no '" + word + "'; there are cpu, disk, net and iommu");
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the guest's program is to wait for. */
    String devices() {
        return devices;
    }

    boolean disks() {
        return devices.contains("disk");
    }

    boolean net() {
        return devices.contains("net");
    }

    /** What goes before the names of its work. */
    String prefix() {
        return prefix;
    }

    /**
     * The work that the guest's program is to do.
     *
     * @param asked names, or empty for all
     * @return names without the prefix, or empty for all that there is
     */
    List<String> work(List<String> asked) {
        if (asked.isEmpty()) {
            return this == IOMMU ? STRICT : List.of();
        }
        return asked.stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }
}
