package dev.veery.linux.vfio;

import java.util.List;

/**
 * What an IOMMU of the host takes.
 *
 * @param pageSizes a bit for each page size; the lowest is what mappings are aligned to
 * @param ranges the I/O virtual addresses that may be mapped, ascending; empty if the kernel does not say
 * @param available how many more mappings may be made, or {@link #UNLIMITED}
 */
public record IommuInfo(long pageSizes, List<Range> ranges, long available) {
    /** The kernel states no limit. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    /** Copies. */
    public IommuInfo {
        ranges = List.copyOf(ranges);
    }

    /** Addresses, both inclusive and unsigned. */
    public record Range(long first, long last) {}

    /** Whether a whole range of addresses may be mapped. */
    public boolean allows(long first, long length) {
        long last = first + length - 1;
        for (Range range : ranges) {
            if (Long.compareUnsigned(range.first, first) <= 0 && Long.compareUnsigned(last, range.last) <= 0) {
                return true;
            }
        }
        return ranges.isEmpty();
    }
}
