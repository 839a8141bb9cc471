package dev.veery.dma;

import dev.veery.irq.MsiSink;

/** An IOMMU, as devices and board see it. Called with the machine lock held; allocates nothing per access. */
public interface TranslationUnit {
    /** Access bits: the device reads memory. */
    int READ = 1;

    /** The device writes memory. */
    int WRITE = 2;

    /** The request carries no process address space id. */
    int NO_PASID = -1;

    /** What the user calls it. */
    String name();

    /**
     * Translates one access. A refused one is recorded as the unit's specification says.
     *
     * @param requesterId bus, device and function as 16 bits
     * @param pasid 20 bits, or {@link #NO_PASID}
     * @param access {@link #READ}, {@link #WRITE} or both
     * @param out on success, where it goes and how far that holds
     * @return {@link DmaStatus#OK} or {@link DmaStatus#FAULT}
     */
    int translate(int requesterId, int pasid, long iova, int access, Translation out);

    /**
     * A requester was given a domain that this unit translates for.
     *
     * @throws dev.veery.base.ConfigException if the unit, as it is configured, cannot serve it
     */
    void attach(DmaDomainLease lease);

    /** A requester left. */
    void detach(DmaDomainLease lease);

    /**
     * Tells {@code listener} of every mapping of an attached requester, now and as the guest changes them, until it is
     * detached.
     */
    void mirror(DmaDomainLease lease, MappingListener listener);

    /** What stands between those who send message-signalled interrupts and {@code target}, which delivers them. */
    MsiSink remapping(MsiSink target);
}
