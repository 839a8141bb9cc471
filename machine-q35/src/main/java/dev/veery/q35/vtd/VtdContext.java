package dev.veery.q35.vtd;

/** What the tables say of one source: a slot of the context cache, reused. */
final class VtdContext {
    /** Kinds of translation. */
    static final int PASS_THROUGH = 0;

    static final int SECOND_STAGE = 1;
    static final int FIRST_STAGE = 2;

    boolean valid;
    int source;
    int pasid;

    int kind;
    int domain;

    /** Tag of the IOTLB beside the domain: the PASID in the first stage, which has a table for each. */
    int tag;

    /** The page table, and its levels. */
    long root;

    int levels;

    /** Fault processing disable: refused requests are not recorded. */
    boolean silent;

    /** Whether this came from scalable-mode tables, which number faults differently. */
    boolean scalable;
}
