package dev.veery.q35.vtd;

import dev.veery.dma.TranslationUnit;
import java.util.Arrays;

/**
 * The IOTLB: direct-mapped by 4 KiB page; a large page takes an entry for each of its small ones that is used, which
 * remembers how large it is (VT-d 6.2.3 allows such fragments).
 */
final class Iotlb {
    private static final int ENTRIES = 2048;
    private static final int PAGE_SHIFT = 12;
    private static final int NO_DOMAIN = -1;

    /** Up to so many pages an invalidation looks at their own entries only. */
    private static final int PROBE_LIMIT = 64;

    private final long[] page = new long[ENTRIES];
    private final long[] target = new long[ENTRIES];
    private final int[] domain = new int[ENTRIES];
    private final int[] tag = new int[ENTRIES];
    private final byte[] shift = new byte[ENTRIES];
    private final byte[] granted = new byte[ENTRIES];

    /** Whether an entry may be part of a large page, or have a tag: then all are looked at. */
    private boolean irregular;

    Iotlb() {
        clear();
    }

    private static int slot(long number, int domain, int tag) {
        long key = number ^ domain * 0x9e37_79b9L ^ tag * 0x85eb_ca6bL;
        return (int) (key ^ key >>> 11 ^ key >>> 22) & ENTRIES - 1;
    }

    /** The entry for an address that grants {@code access}, or -1. */
    int find(int did, int tagged, long iova, int access) {
        long number = iova >>> PAGE_SHIFT;
        int i = slot(number, did, tagged);
        boolean hit = page[i] == number && domain[i] == did && tag[i] == tagged;
        return hit && (granted[i] & access) == access ? i : -1;
    }

    /** Where entry {@code i} sends {@code iova}. */
    long address(int i, long iova) {
        return target[i] + (iova & (1L << shift[i]) - 1);
    }

    /** How many bytes from {@code iova} on entry {@code i} speaks of. */
    long length(int i, long iova) {
        return (1L << shift[i]) - (iova & (1L << shift[i]) - 1);
    }

    /** Adds what a walk found. */
    void add(int did, int tagged, long iova, PageWalk walk) {
        long number = iova >>> PAGE_SHIFT;
        int i = slot(number, did, tagged);
        page[i] = number;
        domain[i] = did;
        tag[i] = tagged;
        target[i] = walk.page;
        shift[i] = (byte) walk.shift;
        granted[i] = (byte) walk.granted;
        irregular |= walk.shift > PAGE_SHIFT || tagged != TranslationUnit.NO_PASID;
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(domain, NO_DOMAIN);
        irregular = false;
    }

    /** Forgets a domain. */
    void clear(int did) {
        for (int i = 0; i < ENTRIES; i++) {
            if (domain[i] == did) {
                domain[i] = NO_DOMAIN;
            }
        }
    }

    /**
     * Forgets a domain's pages, of all tags, that touch a range.
     *
     * @param mask how many low bits of the page number are ignored, at most {@link VtdRegs#MAX_ADDRESS_MASK}
     */
    void clear(int did, long iova, int mask) {
        long first = iova >>> PAGE_SHIFT & -1L << mask;
        long last = first | (1L << mask) - 1;
        if (!irregular && last - first < PROBE_LIMIT) {
            for (long number = first; number <= last; number++) {
                int i = slot(number, did, TranslationUnit.NO_PASID);
                if (page[i] == number && domain[i] == did) {
                    domain[i] = NO_DOMAIN;
                }
            }
            return;
        }
        for (int i = 0; i < ENTRIES; i++) {
            long low = page[i] & -1L << shift[i] - PAGE_SHIFT;
            long high = low | (1L << shift[i] - PAGE_SHIFT) - 1;
            if (domain[i] == did && low <= last && high >= first) {
                domain[i] = NO_DOMAIN;
            }
        }
    }
}
