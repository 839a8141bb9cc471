package dev.veery.dma;

import java.util.List;

/** Collects leases and resolves them. */
public interface DmaPlanner {
    /**
     * Vets a unit before it is realized.
     *
     * @param device the unit, as errors name it
     * @throws dev.veery.base.ConfigException as {@link #install}
     */
    void checkInstall(String device);

    /** The leases stated so far, in their order. */
    List<DmaDomainLease> leases();

    /**
     * Names the unit that translates for everyone.
     *
     * @throws dev.veery.base.ConfigException if there is one already, or leases were resolved without it: they are named
     */
    void install(TranslationUnit unit);

    /** A device states its interest; after {@link #commit} it is resolved at once. */
    void add(DmaDomainLease lease);

    /** A device leaves; its domain must not be used any more. */
    void remove(DmaDomainLease lease);

    /** Resolves all leases; once. */
    void commit();

    /**
     * What was resolved, later arrivals included.
     *
     * @throws IllegalStateException before {@link #commit}
     */
    DmaPlan plan();

    /**
     * The domain of a lease.
     *
     * @throws IllegalStateException before {@link #commit}, or if the lease was never added
     */
    DmaDomain domain(DmaDomainLease lease);
}
