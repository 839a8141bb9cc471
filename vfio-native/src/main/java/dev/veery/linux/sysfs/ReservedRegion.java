package dev.veery.linux.sysfs;

/**
 * Addresses that the host's IOMMU does not translate for a group, or translates in a fixed way.
 *
 * @param first first bus address
 * @param last last bus address, inclusive; not below {@code first}, unsigned
 * @param type as the kernel says: {@code direct}, {@code direct-relaxable}, {@code reserved}, {@code msi}
 */
public record ReservedRegion(long first, long last, String type) {
    /** Whether a mapping may lie here all the same: firmware asked for it once, but the device works without. */
    public boolean relaxable() {
        return type.equals("direct-relaxable");
    }

    /** Whether any of {@code length} bytes at {@code start} lie inside; {@code length} is above 0, the sum does not wrap. */
    public boolean overlaps(long start, long length) {
        return Long.compareUnsigned(start, last) <= 0 && Long.compareUnsigned(start + (length - 1), first) >= 0;
    }
}
