package dev.veery.q35.vtd;

/** What software may ask to be forgotten. Complete when the method returns. */
interface Invalidations {
    /** All context entries. */
    void contexts();

    /** Context entries of a domain. */
    void contextsOfDomain(int domain);

    /** Context entries of a source; {@code functionMask} 0 to 3 as VT-d 11.4.6.1 has it. */
    void contextsOfDevice(int source, int functionMask);

    /** All translations. */
    void translations();

    /** Translations of a domain. */
    void translationsOfDomain(int domain);

    /** Translations of a domain that touch 2^{@code mask} pages around an address. */
    void translationsOfPages(int domain, long iova, int mask);

    /** Interrupt remapping table entries, whichever. */
    void interruptEntries();
}
