package dev.veery.memory;

import dev.veery.base.Unsigned;
import java.util.ArrayList;
import java.util.List;

/**
 * Renders a region tree. Regions are visited from the top of the overlap order down; each fills only what is still free.
 * All arithmetic is on offsets within one region, so that nothing leaves the range of unsigned longs.
 */
final class FlatViewBuilder {
    /** Adding this to unsigned longs lets signed minimum and maximum work on them. */
    private static final long BIAS = Long.MIN_VALUE;

    private final List<MemorySection> ranges = new ArrayList<>();

    private FlatViewBuilder() {}

    static FlatView build(MemoryRegion root) {
        FlatViewBuilder builder = new FlatViewBuilder();
        builder.render(root, 0, root.lastOffset(), 0, false);
        return new FlatView(merge(builder.ranges));
    }

    /** Renders offsets {@code [from, to]} of {@code region}, of which {@code from} lies at {@code address}. */
    private void render(MemoryRegion region, long from, long to, long address, boolean readOnlyAbove) {
        if (!region.enabled()) {
            return;
        }
        boolean readOnly = readOnlyAbove || region.readOnly();
        MemoryRegion target = region.target();
        if (target != null) {
            renderWindow(target, region.targetOffset(), from, to, address, readOnly);
            return;
        }
        for (MemoryRegion child : region.children()) {
            renderChild(child, from, to, address, readOnly);
        }
        if (region.kind() != MemoryRegion.Kind.CONTAINER) {
            fill(region, from, to, address, readOnly);
        }
    }

    /** An alias: offsets {@code [from, to]} of it show its target from {@code targetOffset + from}. */
    private void renderWindow(
            MemoryRegion target, long targetOffset, long from, long to, long address, boolean readOnly) {
        long first = targetOffset + from;
        if (Unsigned.lt(first, from) || Unsigned.lt(target.lastOffset(), first)) {
            return;
        }
        long last = Math.min(MemoryRegion.clippedLast(first, to - from) + BIAS, target.lastOffset() + BIAS) - BIAS;
        render(target, first, last, address, readOnly);
    }

    private void renderChild(MemoryRegion child, long from, long to, long address, boolean readOnly) {
        long childFirst = child.offset();
        long childLast = MemoryRegion.clippedLast(childFirst, child.lastOffset());
        long first = Math.max(from + BIAS, childFirst + BIAS) - BIAS;
        long last = Math.min(to + BIAS, childLast + BIAS) - BIAS;
        if (Unsigned.le(first, last)) {
            render(child, first - childFirst, last - childFirst, address + (first - from), readOnly);
        }
    }

    /** Puts {@code region} wherever nothing lies yet. */
    private void fill(MemoryRegion region, long from, long to, long address, boolean readOnly) {
        long at = address;
        long end = address + (to - from);
        int i = 0;
        while (i < ranges.size()) {
            MemorySection above = ranges.get(i);
            if (Unsigned.lt(above.last(), at)) {
                i++;
                continue;
            }
            if (Unsigned.lt(end, above.start())) {
                break;
            }
            if (Unsigned.lt(at, above.start())) {
                ranges.add(i++, section(region, at, above.start() - 1, from + (at - address), readOnly));
            }
            if (Unsigned.le(end, above.last())) {
                return;
            }
            at = above.last() + 1;
            i++;
        }
        ranges.add(i, section(region, at, end, from + (at - address), readOnly));
    }

    private static MemorySection section(MemoryRegion region, long start, long last, long offset, boolean readOnly) {
        boolean ram = region.kind() == MemoryRegion.Kind.RAM
                || (region.kind() == MemoryRegion.Kind.ROM && (region.handler() == null || region.romMode()));
        boolean writable = region.kind() == MemoryRegion.Kind.RAM && !readOnly;
        return new MemorySection(start, last, region, offset, ram, writable);
    }

    private static List<MemorySection> merge(List<MemorySection> ranges) {
        List<MemorySection> merged = new ArrayList<>(ranges.size());
        for (MemorySection next : ranges) {
            int top = merged.size() - 1;
            if (top >= 0 && continues(merged.get(top), next)) {
                MemorySection before = merged.get(top);
                merged.set(
                        top,
                        new MemorySection(
                                before.start(),
                                next.last(),
                                before.region(),
                                before.offset(),
                                before.ram(),
                                before.writable()));
            } else {
                merged.add(next);
            }
        }
        return merged;
    }

    private static boolean continues(MemorySection a, MemorySection b) {
        return a.region() == b.region()
                && a.last() + 1 == b.start()
                && a.offset() + (b.start() - a.start()) == b.offset()
                && a.ram() == b.ram()
                && a.writable() == b.writable();
    }
}
