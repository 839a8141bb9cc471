package dev.veery.memory;

/** Where guest RAM comes from. */
@FunctionalInterface
public interface RamAllocator {
    /**
     * Allocates zeroed memory, committed by the host as it is touched where the host can do that.
     *
     * @param name appears in host tools that list mappings
     * @param size bytes, a positive multiple of {@link RamBlock#PAGE_SIZE}
     * @throws dev.veery.base.ConfigException if the host has not that much
     */
    RamBacking allocate(String name, long size);
}
