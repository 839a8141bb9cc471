package dev.veery.firmware;

import dev.veery.base.Bits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Who uses which part of the RAM below 4 GiB while a kernel is loaded. */
final class RamLayout {
    private static final long LIMIT = 1L << 32;
    /** Interrupt vectors, BIOS data, and what a kernel's own real-mode code may expect free of data. */
    private static final long FIRMWARE_END = 0x1000;

    private final List<Range> free = new ArrayList<>();

    private record Range(long start, long end) {}

    RamLayout(List<E820Entry> memory) {
        for (E820Entry entry : memory) {
            if (entry.type() == E820Entry.RAM && entry.base() < LIMIT) {
                long start = Math.max(entry.base(), FIRMWARE_END);
                long end = Math.min(entry.end(), LIMIT);
                if (start < end) {
                    free.add(new Range(start, end));
                }
            }
        }
        free.sort(Comparator.comparingLong(Range::start));
    }

    /** Takes {@code [start, start + length)}; false when it is not all free RAM. */
    boolean claim(long start, long length) {
        if (length == 0) {
            return true;
        }
        for (int i = 0; i < free.size(); i++) {
            Range range = free.get(i);
            if (start >= range.start && start < range.end && Long.compareUnsigned(length, range.end - start) <= 0) {
                split(i, start, start + length);
                return true;
            }
        }
        return false;
    }

    /** The highest place for {@code length} bytes that ends at or below {@code limit}, claimed; -1 if there is none. */
    long placeBelow(long limit, long length, long alignment) {
        for (int i = free.size() - 1; i >= 0; i--) {
            Range range = free.get(i);
            long start = Bits.alignDown(Math.min(range.end, limit) - length, alignment);
            if (start >= range.start) {
                split(i, start, start + length);
                return start;
            }
        }
        return -1;
    }

    /** The lowest place for {@code length} bytes at or above {@code floor}, claimed; -1 if there is none. */
    long placeAbove(long floor, long length, long alignment) {
        for (int i = 0; i < free.size(); i++) {
            Range range = free.get(i);
            long start = Bits.alignUp(Math.max(range.start, floor), alignment);
            if (start < range.end && length <= range.end - start) {
                split(i, start, start + length);
                return start;
            }
        }
        return -1;
    }

    /** The end of the last free RAM below 4 GiB, for messages. */
    long top() {
        return free.isEmpty() ? 0 : free.get(free.size() - 1).end;
    }

    private void split(int i, long start, long end) {
        Range range = free.remove(i);
        if (end < range.end) {
            free.add(i, new Range(end, range.end));
        }
        if (range.start < start) {
            free.add(i, new Range(range.start, start));
        }
    }
}
