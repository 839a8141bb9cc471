package dev.veery.memory;

/**
 * Follows the ranges of an {@link AddressSpace}: a slot table, a DMA mapper. For each change of the layout all removed
 * ranges are announced in ascending order, then all added ones, then the commit; a range that differs in anything is
 * removed and added, one that stays as it was is not mentioned. Called with the machine lock held.
 */
public interface MemoryListener {
    /** A range that was there is gone. Accesses by software still see it. */
    void regionRemove(MemorySection section);

    /** A range appears; nothing announced earlier overlaps it. */
    void regionAdd(MemorySection section);

    /** The change is complete and {@link AddressSpace#view()} shows it. */
    default void commit() {}
}
