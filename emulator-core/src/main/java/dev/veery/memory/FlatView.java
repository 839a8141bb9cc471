package dev.veery.memory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an address space looks like: ranges in ascending order that do not overlap, immutable. Addresses that no range
 * covers are unassigned. Ranges are named by index; the accessors allocate nothing.
 */
public final class FlatView {
    /** Adding this to unsigned longs lets signed comparison order them. */
    private static final long BIAS = Long.MIN_VALUE;

    private final MemorySection[] sections;
    private final long[] biasedStart;
    private final long[] biasedLast;
    private final MemoryRegion[] region;
    private final long[] offset;
    private final long[] host;
    private final boolean[] ram;
    private final boolean[] writable;

    FlatView(List<MemorySection> ranges) {
        int count = ranges.size();
        sections = ranges.toArray(new MemorySection[0]);
        biasedStart = new long[count];
        biasedLast = new long[count];
        region = new MemoryRegion[count];
        offset = new long[count];
        host = new long[count];
        ram = new boolean[count];
        writable = new boolean[count];
        for (int i = 0; i < count; i++) {
            MemorySection section = sections[i];
            biasedStart[i] = section.start() + BIAS;
            biasedLast[i] = section.last() + BIAS;
            region[i] = section.region();
            offset[i] = section.offset();
            host[i] = section.host();
            ram[i] = section.ram();
            writable[i] = section.writable();
        }
    }

    /** How many ranges there are. */
    public int count() {
        return sections.length;
    }

    /** The range that covers {@code address}; if none does, {@code -1 - n} with n the first range above it. */
    public int find(long address) {
        long key = address + BIAS;
        int low = 0;
        int high = biasedStart.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (key < biasedStart[middle]) {
                high = middle - 1;
            } else if (key > biasedLast[middle]) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1 - low;
    }

    /** First address of range {@code i}. */
    public long start(int i) {
        return biasedStart[i] - BIAS;
    }

    /** Last address of range {@code i}, inclusive. */
    public long last(int i) {
        return biasedLast[i] - BIAS;
    }

    /** Bytes in range {@code i}; {@link MemoryRegion#WHOLE} for 2^64. */
    public long length(int i) {
        return biasedLast[i] - biasedStart[i] + 1;
    }

    /** The RAM, ROM or MMIO region behind range {@code i}. */
    public MemoryRegion region(int i) {
        return region[i];
    }

    /** Where in its region range {@code i} begins; for RAM and ROM this is the offset in the block. */
    public long offsetInRegion(int i) {
        return offset[i];
    }

    /** Whether reads of range {@code i} come straight from host memory. */
    public boolean isRam(int i) {
        return ram[i];
    }

    /** Whether writes of range {@code i} go straight to host memory; implies {@link #isRam}. */
    public boolean isWritable(int i) {
        return writable[i];
    }

    /** Host virtual address of the first byte of range {@code i}, or 0 if it is not RAM. */
    public long hostAddress(int i) {
        return host[i];
    }

    /** The block behind range {@code i}, or null if it is not RAM. */
    public @Nullable RamBlock block(int i) {
        return ram[i] ? region[i].block() : null;
    }

    /** Whether range {@code i} covers the whole 4 KiB page of {@code address}. */
    public boolean coversPage(int i, long address) {
        long page = address & -RamBlock.PAGE_SIZE;
        return page + BIAS >= biasedStart[i] && page + RamBlock.PAGE_SIZE - 1 + BIAS <= biasedLast[i];
    }

    /** Range {@code i} as listeners see it. */
    public MemorySection section(int i) {
        return sections[i];
    }

    /** All ranges, for people and listeners. */
    public List<MemorySection> sections() {
        return List.of(sections);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (MemorySection section : sections) {
            text.append(section).append('\n');
        }
        return text.toString();
    }
}
