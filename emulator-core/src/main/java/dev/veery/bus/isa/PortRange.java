package dev.veery.bus.isa;

import dev.veery.base.ConfigException;

/**
 * Consecutive ports.
 *
 * @param first 0 to FFFFh
 * @param count at least 1
 */
public record PortRange(int first, int count) {
    private static final int PORT_SPACE = 0x1_0000;

    /** Checks that the range lies in port space. */
    public PortRange {
        if (first < 0 || count < 1 || first > PORT_SPACE - count) {
            throw new IllegalArgumentException("ports from " + first + ", " + count);
        }
    }

    /**
     * The range that a user named.
     *
     * @throws ConfigException if it does not lie in port space
     */
    public static PortRange of(long first, long count) {
        if (count < 1 || count > PORT_SPACE || first < 0 || first > PORT_SPACE - count) {
            throw new ConfigException(String.format(
                    "%d ports at 0x%x do not fit into port space, which ends at 0x%x", count, first, PORT_SPACE - 1));
        }
        return new PortRange((int) first, (int) count);
    }

    /** The last port. */
    public int last() {
        return first + count - 1;
    }

    boolean overlaps(PortRange other) {
        return first <= other.last() && other.first <= last();
    }

    @Override
    public String toString() {
        return count == 1 ? String.format("port 0x%x", first) : String.format("ports 0x%x to 0x%x", first, last());
    }
}
