package dev.veery.linux.vfio;

import dev.veery.linux.abi.Vfio;
import java.util.List;

/**
 * A region of a device: a BAR, the ROM, configuration space.
 *
 * @param index {@code VFIO_PCI_*_REGION_INDEX}
 * @param flags {@code VFIO_REGION_INFO_FLAG_*}
 * @param size bytes; 0 where the device has no such region
 * @param offset where in the device's file it begins
 * @param mappable the parts that may be mapped, ascending
 */
public record RegionInfo(int index, int flags, long size, long offset, List<Area> mappable) {
    /** Copies. */
    public RegionInfo {
        mappable = List.copyOf(mappable);
    }

    /** A part of a region, in bytes from its beginning. */
    public record Area(long offset, long size) {}

    /** Whether it can be read. */
    public boolean readable() {
        return size != 0 && (flags & Vfio.VFIO_REGION_INFO_FLAG_READ) != 0;
    }
}
