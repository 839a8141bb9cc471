package dev.veery.testbench;

import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;

/** RAM between two zones of a known pattern, so that a store that leaves it is found out. */
final class GuardedRam implements RamAllocator {
    private static final int GUARD = 1 << 16;
    private static final int PATTERN = 0xa5;
    private static final long PATTERN_LONG = 0xa5a5_a5a5_a5a5_a5a5L;

    private final List<Zone> zones = new ArrayList<>();

    @Override
    public RamBacking allocate(String name, long size) {
        long raw = OffHeap.allocateUninitialized(size + 2 * GUARD, 4096);
        OffHeap.fill(raw, GUARD, PATTERN);
        OffHeap.fill(raw + GUARD, size, 0);
        OffHeap.fill(raw + GUARD + size, GUARD, PATTERN);
        Zone zone = new Zone(raw, size);
        zones.add(zone);
        return zone;
    }

    /** Whether nothing but the patterns is in the zones around the RAM. */
    boolean intact() {
        for (Zone z : zones) {
            if (!pattern(z.raw) || !pattern(z.raw + GUARD + z.size)) {
                return false;
            }
        }
        return true;
    }

    private static boolean pattern(long from) {
        for (long at = from; at < from + GUARD; at += 8) {
            if (OffHeap.getLong(at) != PATTERN_LONG) {
                return false;
            }
        }
        return true;
    }

    private record Zone(long raw, long size) implements RamBacking {
        @Override
        public long host() {
            return raw + GUARD;
        }

        @Override
        public void close() {
            OffHeap.free(raw);
        }
    }
}
