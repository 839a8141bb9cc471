package dev.veery.memory;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports accesses that nothing answered, at debug level. A guest may make millions: after the first few only every
 * power of two is reported.
 */
final class UnassignedTrace {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.memory.unassigned");
    private static final int FREE = 64;

    private final String space;
    /** Racy on purpose: a lost count changes only how soon the next report comes. */
    private int count;

    UnassignedTrace(String space) {
        this.space = space;
    }

    void read(long address, int size) {
        if (LOG.isDebugEnabled() && due()) {
            LOG.debug("{}: read of {} bytes at {} unassigned", space, size, Long.toHexString(address));
        }
    }

    void write(long address, int size, long value) {
        if (LOG.isDebugEnabled() && due()) {
            LOG.debug(
                    "{}: write of {} to {} bytes at {} unassigned",
                    space,
                    Long.toHexString(value),
                    size,
                    Long.toHexString(address));
        }
    }

    private boolean due() {
        int n = ++count;
        return (n & 0x7fff_ffff) <= FREE || (n & n - 1) == 0;
    }
}
