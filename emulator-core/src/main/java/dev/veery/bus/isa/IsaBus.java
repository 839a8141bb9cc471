package dev.veery.bus.isa;

import dev.veery.base.ConfigException;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a device on the bus can reach. Owners are named in errors by their {@code toString}. */
public final class IsaBus {
    /** What a user calls the bus. */
    public static final String NAME = "isa.0";

    /** Interrupt request lines. */
    public static final int IRQS = 16;

    private final MemoryRegion ports;
    private final MemoryRegion memory;
    private final List<IrqLine> lines;
    private final int[] drivenBy = new int[IRQS];
    private final List<Claim> claims = new ArrayList<>();

    private record Claim(Object owner, PortRange range) {}

    /**
     * @param ports port space, 64 KiB
     * @param memory guest physical memory
     * @param lines the sixteen lines, as the interrupt controllers take them
     */
    public IsaBus(MemoryRegion ports, MemoryRegion memory, List<IrqLine> lines) {
        if (lines.size() != IRQS) {
            throw new IllegalArgumentException(lines.size() + " lines");
        }
        this.ports = ports;
        this.memory = memory;
        this.lines = List.copyOf(lines);
    }

    /** Guest physical memory, for devices that have registers there. */
    public MemoryRegion memory() {
        return memory;
    }

    /**
     * A new driver for a line: the line is high while any of its drivers is.
     *
     * @param number 0 to 15
     */
    public IrqLine irq(int number) {
        return new Driver(number);
    }

    /**
     * Checks that no port of the range is taken.
     *
     * @throws ConfigException naming both owners if one is
     */
    public void check(Object owner, PortRange range) {
        Claim other = find(range);
        if (other != null) {
            throw new ConfigException(range + " of " + owner + " overlap " + other.range() + " of " + other.owner());
        }
    }

    /** Whether no port of the range is taken. */
    public boolean isFree(PortRange range) {
        return find(range) == null;
    }

    private @Nullable Claim find(PortRange range) {
        for (Claim claim : claims) {
            if (claim.range().overlaps(range)) {
                return claim;
            }
        }
        return null;
    }

    /**
     * Takes ports without a region, for those that the board fills in by other means.
     *
     * @throws ConfigException if one is taken
     */
    public void claim(Object owner, PortRange range) {
        check(owner, range);
        claims.add(new Claim(owner, range));
    }

    /**
     * Takes ports and shows a region of that size there.
     *
     * @throws ConfigException if one is taken
     */
    public void map(Object owner, PortRange range, MemoryRegion region) {
        claim(owner, range);
        ports.addChild(range.first(), region);
    }

    /** Gives back all that an owner took; {@code regions} are those it showed. */
    void release(Object owner, List<MemoryRegion> regions) {
        for (Iterator<Claim> i = claims.iterator(); i.hasNext(); ) {
            if (i.next().owner() == owner) {
                i.remove();
            }
        }
        for (MemoryRegion region : regions) {
            MemoryRegion parent = region.parent();
            if (parent != null) {
                parent.removeChild(region);
            }
        }
    }

    /** One input of the OR gate at a line. */
    private final class Driver implements IrqLine {
        private final int number;
        private boolean driving;

        Driver(int number) {
            this.number = Objects.checkIndex(number, IRQS);
        }

        @Override
        public void set(boolean level) {
            if (level == driving) {
                return;
            }
            driving = level;
            drivenBy[number] += level ? 1 : -1;
            lines.get(number).set(drivenBy[number] != 0);
        }
    }
}
