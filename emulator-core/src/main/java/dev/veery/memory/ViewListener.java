package dev.veery.memory;

/** Someone who caches translations of an {@link AddressSpace}, such as a TLB. */
@FunctionalInterface
public interface ViewListener {
    /**
     * The view was replaced; whatever was derived from the old one must not be used for later accesses. Called with the
     * machine lock held, by the thread that made the change.
     */
    void viewChanged(FlatView view);
}
