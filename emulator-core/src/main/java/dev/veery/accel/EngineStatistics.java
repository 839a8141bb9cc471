package dev.veery.accel;

/**
 * What a software engine has counted since it was made, of all processors together; approximate while they run.
 *
 * @param translates whether it translates at all; if not, the counts of translations are 0
 * @param instructions guest instructions executed
 * @param translations blocks translated
 * @param reused blocks whose translation was kept from another run or processor
 * @param guestBytes bytes of guest code in all these
 * @param codeBytes bytes of the code caches in use
 * @param codeRoom bytes that the code caches have
 * @param invalidations translations dropped because their code changed
 * @param discards times that a code cache was emptied
 * @param entries times that translated code was entered, and so left
 * @param interpreted times that it was left to have one instruction interpreted
 * @param tlbMisses accesses to data for which page tables were walked
 * @param tlbFlushes times that a TLB was emptied
 */
public record EngineStatistics(
        boolean translates,
        long instructions,
        long translations,
        long reused,
        long guestBytes,
        long codeBytes,
        long codeRoom,
        long invalidations,
        long discards,
        long entries,
        long interpreted,
        long tlbMisses,
        long tlbFlushes) {
    /** Of nobody. */
    public static final EngineStatistics NONE = new EngineStatistics(false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** The sum of this and another processor's. */
    public EngineStatistics plus(EngineStatistics other) {
        return new EngineStatistics(
                translates || other.translates,
                instructions + other.instructions,
                translations + other.translations,
                reused + other.reused,
                guestBytes + other.guestBytes,
                codeBytes + other.codeBytes,
                codeRoom + other.codeRoom,
                invalidations + other.invalidations,
                discards + other.discards,
                entries + other.entries,
                interpreted + other.interpreted,
                tlbMisses + other.tlbMisses,
                tlbFlushes + other.tlbFlushes);
    }
}
