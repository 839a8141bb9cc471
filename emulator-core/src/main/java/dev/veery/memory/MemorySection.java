package dev.veery.memory;

import org.jspecify.annotations.Nullable;

/**
 * One range of a {@link FlatView}, as listeners are told of it.
 *
 * @param start first address
 * @param last last address, inclusive
 * @param region what answers there: RAM, ROM or MMIO
 * @param offset of {@code start} within the region
 * @param ram whether reads come straight from host memory
 * @param writable whether writes go straight to host memory
 */
public record MemorySection(long start, long last, MemoryRegion region, long offset, boolean ram, boolean writable) {

    /** Bytes; {@link MemoryRegion#WHOLE} for 2^64. */
    public long size() {
        return last - start + 1;
    }

    /** The memory behind it, if {@link #ram()}. */
    public @Nullable RamBlock block() {
        return ram ? region.block() : null;
    }

    /** Host virtual address of {@code start}, or 0 if not {@link #ram()}. */
    public long host() {
        RamBlock block = block();
        return block == null ? 0 : block.host() + offset;
    }

    // Written out: the ones that a record gets are bootstrapped at their first use, at each start of the program.
    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof MemorySection)) {
            return false;
        }
        MemorySection that = (MemorySection) other;
        return start == that.start
                && last == that.last
                && region.equals(that.region)
                && offset == that.offset
                && ram == that.ram
                && writable == that.writable;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(start) + Long.hashCode(last) + region.hashCode();
    }

    @Override
    public String toString() {
        return String.format("%016x-%016x %s%s @%x", start, last, region, ram ? writable ? " rw" : " ro" : "", offset);
    }
}
