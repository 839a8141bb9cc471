package dev.veery.cpu.mmu;

/** The cached translations of one address space: those of one PCID, and global ones that were used with it. */
final class Translations {
    /** No PCID: nothing is cached. */
    static final int NONE = -1;

    /** Number of this instance. */
    final int index;

    final Tlb tlb = new Tlb();
    final CodeTlb code = new CodeTlb();
    int pcid = NONE;

    /** When it was in force last, by a count of changes. */
    long lastUse;

    /** {@link SoftMmu#codeGeneration} of the lower half. */
    int generation;

    /** A global translation was filled below the middle of the address space. */
    boolean lowGlobal;

    Translations(int index) {
        this.index = index;
    }

    void flushAll() {
        tlb.flushAll();
        code.flushAll();
        lowGlobal = false;
    }

    void flushNonGlobal() {
        tlb.flushNonGlobal();
        code.flushNonGlobal();
    }
}
