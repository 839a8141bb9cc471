package dev.veery.q35.vtd;

import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.MappingListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Keeps the listeners of mirrored requesters in step with the guest's tables: caching mode makes the guest report every
 * change by an invalidation, and each invalidation compares what is mapped now with what the listener was told.
 */
final class Mirrors {
    private static final int PAGE_SHIFT = 12;
    private static final int LEVEL_BITS = 9;
    private static final int ENTRIES = 1 << LEVEL_BITS;
    private static final long PRESENT = 3;

    /** Tables that one comparison looks at: tables that point at one another would have more paths than pages. */
    private static final int MAX_TABLES = 1 << 18;

    /** What a requester's transactions meet: everything as it is, or a second-stage table; without levels, nothing. */
    record View(boolean identity, int domain, long root, int levels) {
        static final View IDENTITY = new View(true, -1, 0, 0);
        static final View NOTHING = new View(false, -1, 0, 0);
    }

    /** Hears of a mapping that the listener could not follow. */
    @FunctionalInterface
    interface Refusals {
        /** What the guest maps for a requester at {@code iova} is out of its reach. */
        void refused(int source, long iova, int access);
    }

    private record Mapping(long address, long length, int access) {}

    private static final class Mirror {
        final DmaDomainLease lease;
        final MappingListener listener;
        final TreeMap<Long, Mapping> told = new TreeMap<>(Long::compareUnsigned);
        boolean identity;
        View view = View.NOTHING;

        Mirror(DmaDomainLease lease, MappingListener listener) {
            this.lease = lease;
            this.listener = listener;
        }
    }

    private final IntFunction<View> lookUp;
    private final PageWalk walk;
    private final TableMemory tables;
    private final Refusals refusals;
    private final Map<DmaDomainLease, Mirror> mirrors = new LinkedHashMap<>();
    private int budget;

    Mirrors(IntFunction<View> lookUp, PageWalk walk, TableMemory tables, Refusals refusals) {
        this.lookUp = lookUp;
        this.walk = walk;
        this.tables = tables;
        this.refusals = refusals;
    }

    void add(DmaDomainLease lease, MappingListener listener) {
        mirrors.put(lease, new Mirror(lease, listener));
        synchronize();
    }

    void remove(DmaDomainLease lease) {
        mirrors.remove(lease);
    }

    /** Anything may have changed. */
    void synchronize() {
        mirrors.forEach((lease, mirror) -> {
            mirror.view = lookUp.apply(lease.requester().id());
            compare(mirror, 0, -1L);
        });
    }

    /** Mappings of a domain may have changed. */
    void synchronize(int domain) {
        for (Mirror mirror : mirrors.values()) {
            if (mirror.view.domain == domain) {
                compare(mirror, 0, -1L);
            }
        }
    }

    /** Mappings of a domain in 2^{@code mask} pages around an address may have changed. */
    void synchronize(int domain, long iova, int mask) {
        for (Mirror mirror : mirrors.values()) {
            if (mirror.view.domain == domain) {
                long size = 1L << mask + PAGE_SHIFT;
                long first = iova & -size;
                compare(mirror, first, first + size - 1);
            }
        }
    }

    /** Brings the listener up to date in a range; mappings that only touch it are compared as a whole. */
    private void compare(Mirror mirror, long first, long last) {
        View view = mirror.view;
        if (mirror.identity && !view.identity) {
            mirror.identity = false;
            mirror.listener.identity(false);
        }
        TreeMap<Long, Mapping> found = new TreeMap<>();
        budget = MAX_TABLES;
        if (view.levels != 0) {
            collect(view, view.root, view.levels, 0, first, last, found);
        }
        List<Long> gone = new ArrayList<>();
        // Mappings do not overlap: of those that begin before the range, only the last can reach into it.
        Long before = mirror.told.floorKey(first);
        mirror.told.subMap(before == null ? 0 : before, true, last, true).forEach((iova, mapping) -> {
            boolean touched = Long.compareUnsigned(iova + mapping.length - 1, first) >= 0;
            if (touched && !mapping.equals(found.get(iova))) {
                gone.add(iova);
            }
        });
        for (long iova : gone) {
            Mapping mapping = Objects.requireNonNull(mirror.told.remove(iova));
            mirror.listener.unmap(iova, mapping.length);
        }
        found.forEach((iova, mapping) -> {
            if (mirror.told.putIfAbsent(iova, mapping) == null
                    && !mirror.listener.map(iova, mapping.address, mapping.length, mapping.access)) {
                refusals.refused(mirror.lease.requester().id(), iova, mapping.access);
            }
        });
        if (view.identity && !mirror.identity) {
            mirror.identity = true;
            mirror.listener.identity(true);
        }
    }

    /** Finds leaves at and below a table that touch a range; as deep as the table has levels. */
    private void collect(
            View view, long table, int level, long base, long first, long last, TreeMap<Long, Mapping> found) {
        int shift = PAGE_SHIFT + LEVEL_BITS * (level - 1);
        // Only the entries that the range touches: an invalidation of a page must not cost a table.
        long end = base + ((long) ENTRIES << shift) - 1;
        if (Long.compareUnsigned(first, end) > 0) {
            return;
        }
        int begin = Long.compareUnsigned(first, base) <= 0 ? 0 : (int) (first - base >>> shift);
        int stop = Long.compareUnsigned(last, end) >= 0 ? ENTRIES : (int) (last - base >>> shift) + 1;
        for (int i = begin; i < stop && budget > 0; i++) {
            long from = base + ((long) i << shift);
            long entry = tables.read(table + i * 8L);
            if (tables.failed()) {
                return;
            }
            if ((entry & PRESENT) == 0) {
                continue;
            }
            // The walk itself says whether this is a page, and which; it alone knows reserved bits and permissions.
            boolean mapped = walk.second(view.root, view.levels, from, 0) == VtdFault.NONE;
            if (mapped && walk.shift == shift) {
                if (walk.granted != 0) {
                    found.put(from, new Mapping(walk.page, 1L << shift, walk.granted));
                }
            } else if (level > 1 && (level > 3 || (entry & 1 << 7) == 0)) {
                budget--;
                collect(view, walk.tableOf(entry), level - 1, from, first, last, found);
            }
        }
    }
}
