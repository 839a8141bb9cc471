package dev.veery.vfio;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.vfio.IommuInfo;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mappings of one address space of the host, as the kernel holds them: every change goes through here, and what the
 * kernel refuses is not entered. Mappings do not overlap and go as a whole, because the kernel splits none.
 */
final class MappingLedger {
    /** The unit in which changes are reported. */
    private static final long PAGE = 4096;

    /** Every change, for {@code -d vfio}; the launcher knows the name. */
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.vfio.ledger");

    private record Entry(long host, long size, int access) {}

    private final HostSpace space;
    private final long limit;
    private final NavigableMap<Long, Entry> entries = new TreeMap<>(Long::compareUnsigned);
    private long bytes;
    private long changes;

    /** An empty ledger of an address space without mappings. */
    MappingLedger(HostSpace space) {
        this.space = space;
        IommuInfo info = space.info();
        limit = info.available();
    }

    /** How many mappings there are. */
    int count() {
        return entries.size();
    }

    /** How many bytes they map. */
    long bytes() {
        return bytes;
    }

    /** How many mappings there may be. */
    long limit() {
        return limit;
    }

    /** Whether the kernel counts as many mappings; true where it does not count them. */
    boolean agrees() {
        long left = space.info().available();
        return left == IommuInfo.UNLIMITED || left == limit - entries.size();
    }

    /** How many mappings were made and undone so far. */
    long changes() {
        return changes;
    }

    /**
     * Adds a mapping.
     *
     * @return 0 or a negative error number: EEXIST for an overlap, ENOSPC at the limit, otherwise the kernel's
     */
    int map(long iova, long host, long size, int access) {
        if (overlaps(iova, size)) {
            return -Errno.EEXIST;
        }
        if (entries.size() >= limit) {
            return -Errno.ENOSPC;
        }
        int result = space.map(iova, host, size, access);
        if (result == 0) {
            entries.put(iova, new Entry(host, size, access));
            bytes += size;
            changes++;
            log("map", iova, size, access);
        }
        return result;
    }

    private void log(String what, long iova, long size, int access) {
        if (LOG.isDebugEnabled()) {
            LOG.debug(String.format("vfio: %s: %s %x pages %d access %d", space, what, iova, size / PAGE, access));
        }
    }

    private boolean overlaps(long iova, long size) {
        Map.Entry<Long, Entry> before = entries.floorEntry(iova + size - 1);
        return before != null && Long.compareUnsigned(before.getKey() + before.getValue().size - 1, iova) >= 0;
    }

    /**
     * Takes out the mapping that begins at {@code iova}, if there is one.
     *
     * @return 0 or a negative error number, with which it is still there
     */
    int unmap(long iova) {
        Entry entry = entries.get(iova);
        if (entry == null) {
            return 0;
        }
        int result = space.unmap(iova, entry.size);
        if (result == 0) {
            entries.remove(iova);
            bytes -= entry.size;
            changes++;
            log("unmap", iova, entry.size, entry.access);
        }
        return result;
    }

    /** Takes out everything. */
    void clear() {
        while (!entries.isEmpty()) {
            long first = entries.firstKey();
            if (unmap(first) != 0) {
                // Closing the descriptor undoes what is left.
                return;
            }
        }
    }
}
