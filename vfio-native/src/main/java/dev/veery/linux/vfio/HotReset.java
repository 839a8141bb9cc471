package dev.veery.linux.vfio;

import java.util.List;

/**
 * What a reset of the bus or slot that a device is on would do.
 *
 * @param owned whether the kernel grants it without groups: all of the affected are in the device's iommufd, or in nobody's hands
 * @param affected every function that it resets, the device itself included
 */
public record HotReset(boolean owned, List<Affected> affected) {
    /** Copies. */
    public HotReset {
        affected = List.copyOf(affected);
    }

    /**
     * A function that is reset along.
     *
     * @param group number of its IOMMU group; with iommufd without meaning
     * @param address on the host, as {@code 0000:01:00.0}
     */
    public record Affected(int group, String address) {}
}
