package dev.veery.q35.vtd;

import dev.veery.dma.TranslationUnit;

/**
 * Walks of the first and second stage (VT-d 3.6, 3.7 and 9.7, 9.8). A walk takes as many steps as the table has levels,
 * whatever the entries point at. The result stays in the fields until the next walk.
 */
final class PageWalk {
    private static final int PAGE_SHIFT = 12;
    private static final int LEVEL_BITS = 9;
    private static final int LARGEST_LEAF = 3;

    /** 9.8: bits of a second-stage entry. */
    private static final long READ = 1;

    private static final long WRITE = 1 << 1;
    private static final long PAGE_SIZE = 1 << 7;
    private static final long SNOOP = 1 << 11;
    private static final long TRANSIENT = 1L << 62;

    /** Ignored by hardware: 63, 61:52. */
    private static final long IGNORED = 0xbff0_0000_0000_0000L;

    /** 9.7: bits of a first-stage entry. */
    private static final long FS_PRESENT = 1;

    private static final long FS_WRITE = 1 << 1;
    private static final long FS_USER = 1 << 2;
    private static final long FS_ACCESSED = 1 << 5;
    private static final long FS_DIRTY = 1 << 6;
    private static final long FS_ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final int FS_WIDTH = 48;
    private static final int MAX_RETRIES = 8;

    private final TableMemory memory;
    private final long addressMask;
    private final long leafOptions;

    /** Guest physical address of the page found. */
    long page;

    /** log2 of its size: 12, 21 or 30. */
    int shift;

    /** {@link TranslationUnit#READ} and {@link TranslationUnit#WRITE} as the whole walk grants them. */
    int granted;

    PageWalk(VtdConfig config, TableMemory memory) {
        this.memory = memory;
        addressMask = (1L << config.hostWidth()) - 1 & ~0xfffL;
        leafOptions = (config.snoopControl() ? SNOOP : 0) | (config.deviceTlb() ? TRANSIENT : 0);
    }

    /** The address in an entry. */
    long tableOf(long entry) {
        return entry & addressMask;
    }

    /** Index of an address in a table of {@code level}, in bytes. */
    private static long index(long iova, int level) {
        return (iova >>> PAGE_SHIFT + LEVEL_BITS * (level - 1) & 0x1ff) * 8;
    }

    private static int shiftOf(int level) {
        return PAGE_SHIFT + LEVEL_BITS * (level - 1);
    }

    /**
     * Second stage.
     *
     * @param levels 3 to 5
     * @param access what is wanted; 0 finds the page whatever it grants
     * @return a {@link VtdFault} of legacy mode
     */
    int second(long root, int levels, long iova, int access) {
        if (iova >>> PAGE_SHIFT + LEVEL_BITS * levels != 0) {
            return VtdFault.BEYOND_WIDTH;
        }
        granted = TranslationUnit.READ | TranslationUnit.WRITE;
        long table = root;
        for (int level = levels; ; level--) {
            long entry = memory.read(table + index(iova, level));
            if (memory.failed()) {
                return VtdFault.PAGING_ACCESS;
            }
            granted &= (int) (entry & (READ | WRITE));
            if ((entry & (READ | WRITE)) == 0 || (granted & access) != access) {
                return (access & TranslationUnit.WRITE & ~granted) != 0 ? VtdFault.NO_WRITE : VtdFault.NO_READ;
            }
            boolean leaf = level == 1 || level <= LARGEST_LEAF && (entry & PAGE_SIZE) != 0;
            if ((entry & reserved(level, leaf)) != 0) {
                return VtdFault.PAGING_RESERVED;
            }
            table = entry & addressMask;
            if (leaf) {
                page = table;
                shift = shiftOf(level);
                return VtdFault.NONE;
            }
        }
    }

    /** Bits that must be zero. A leaf above level 1 must be aligned to its size; bits 10:8 and 6:2 are ignored there. */
    private long reserved(int level, boolean leaf) {
        long usable = addressMask | IGNORED | 0x77f;
        if (leaf) {
            long withinLarge = level == 1 ? 0 : (1L << shiftOf(level)) - 1 & ~0xfffL;
            return ~(usable & ~withinLarge | PAGE_SIZE | leafOptions);
        }
        return ~usable;
    }

    /** First stage, for requests of user privilege; marks entries as accessed and dirty. Returns a {@link VtdFault}. */
    int first(long root, long iova, int access) {
        if (iova << 64 - FS_WIDTH >> 64 - FS_WIDTH != iova) {
            return VtdFault.SM_NOT_CANONICAL;
        }
        boolean write = (access & TranslationUnit.WRITE) != 0;
        int retries = 0;
        granted = TranslationUnit.READ | TranslationUnit.WRITE;
        long table = root;
        for (int level = 4; ; level--) {
            long at = table + index(iova, level);
            long entry = memory.read(at);
            if (memory.failed()) {
                return VtdFault.SM_FIRST_ACCESS;
            }
            if ((entry & FS_PRESENT) == 0) {
                return VtdFault.SM_FIRST_NOT_PRESENT;
            }
            boolean leaf = level == 1 || level <= LARGEST_LEAF && (entry & PAGE_SIZE) != 0;
            long inner = leaf && level > 1 ? (1L << shiftOf(level)) - 1 & ~0x1fffL : 0;
            long size = level > LARGEST_LEAF ? PAGE_SIZE : 0;
            if ((entry & (FS_ADDRESS & ~addressMask | inner | size)) != 0) {
                return VtdFault.SM_FIRST_RESERVED;
            }
            if ((entry & FS_USER) == 0) {
                return VtdFault.SM_SUPERVISOR;
            }
            int before = granted;
            granted &= (entry & FS_WRITE) != 0 ? TranslationUnit.READ | TranslationUnit.WRITE : TranslationUnit.READ;
            if (write && (granted & TranslationUnit.WRITE) == 0) {
                return VtdFault.SM_NO_WRITE;
            }
            long marks = FS_ACCESSED | (leaf && write ? FS_DIRTY : 0);
            if (access != 0 && (entry & marks) != marks && !memory.setBits(at, entry, marks)) {
                // A processor changed the entry meanwhile: look again, but not for ever, for it may do so each time.
                if (memory.failed() || ++retries == MAX_RETRIES) {
                    return VtdFault.SM_FIRST_ACCESS;
                }
                granted = before;
                level++;
                continue;
            }
            table = entry & FS_ADDRESS;
            if (leaf) {
                shift = shiftOf(level);
                page = table & -(1L << shift);
                // Without its dirty mark a page may not be written through the cache.
                if (!write && (entry & FS_DIRTY) == 0) {
                    granted &= TranslationUnit.READ;
                }
                return VtdFault.NONE;
            }
        }
    }
}
