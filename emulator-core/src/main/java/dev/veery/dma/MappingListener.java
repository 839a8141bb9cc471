package dev.veery.dma;

/**
 * Follows the mappings of one requester. Called with the machine lock held, before the guest is told that its change took
 * effect.
 */
public interface MappingListener {
    /** Everything maps to itself from now on, or nothing does; true at most once between two false. */
    void identity(boolean on);

    /**
     * A range that nothing mapped maps now.
     *
     * @param iova multiple of 4096
     * @param address guest physical
     * @param length bytes, a multiple of 4096
     * @param access bits of {@link TranslationUnit}
     * @return false if the device cannot be given all of it: its accesses there will fail, and the unit is to say so to the guest
     */
    boolean map(long iova, long address, long length, int access);

    /** A range that one call of {@link #map} named maps no more. */
    void unmap(long iova, long length);
}
