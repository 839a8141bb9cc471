package dev.veery.memory;

/**
 * Someone who writes guest RAM and keeps its own record of it, as the host's KVM does. It follows
 * {@link RamBlock#logged()} by a {@link TrackingListener}.
 */
@FunctionalInterface
public interface DirtySource {
    /** Calls {@link RamBlock#noteWrite} for every page written since the last call. */
    void collect(RamBlock block);
}
