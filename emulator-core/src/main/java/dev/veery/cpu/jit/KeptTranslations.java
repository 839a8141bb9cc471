package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.cpu.mmu.SiteCache;
import dev.veery.hostcode.CodeRegion;
import dev.veery.memory.access.OffHeap;

/** One processor's way to a {@link TranslationCache}: makes kept pieces fit its code region, and has its new ones kept. */
final class KeptTranslations {
    private final TranslationCache cache;
    private final long context;
    private final CodeRegion region;
    private final Sites sites;
    private final SiteCache siteCache;

    /** The guest's code as it was when it was looked for: other processors may be writing it. */
    private final long words = OffHeap.allocate(Block.MAX_LENGTH + 2 * Long.BYTES);

    /** Where in {@link #words} the code begins. */
    private long guest = words;

    private int mode;
    private int span;
    private int place;
    private long hash;

    /**
     * Makes one.
     *
     * @param context what emitted code depends on beside the block, such as what the processor has
     */
    KeptTranslations(TranslationCache cache, long context, CodeRegion region, Sites sites, SiteCache siteCache) {
        this.cache = cache;
        this.context = context;
        this.region = region;
        this.sites = sites;
        this.siteCache = siteCache;
    }

    /**
     * Looks for the translation of {@code block} at {@code rip}, whose bytes are at {@code bytes}.
     *
     * @return the piece, or 0
     */
    long find(Block block, long rip, long bytes, int atMode, int atSpan, boolean alone) {
        // Whole words, so that an instruction is not taken half way from one to another.
        long skipped = bytes & Long.BYTES - 1;
        OffHeap.copy(bytes - skipped, words, skipped + block.length() + Long.BYTES - 1 & -Long.BYTES);
        guest = words + skipped;
        mode = atMode;
        span = atSpan;
        place = StoredPiece.place(rip, atSpan, alone);
        hash = StoredPiece.hash(context, atMode, atSpan, place, guest, block.length());
        return cache.find(hash, context, atMode, atSpan, place, guest, block);
    }

    /**
     * Makes a copy of a piece at {@code position} of the region and declares its sites.
     *
     * @return whether it could be made to fit
     */
    boolean copy(long piece, Block block, long rip, long position) {
        int cacheSites = StoredPiece.cacheSites(piece);
        if (!siteCache.haveRoom(cacheSites)) {
            return false;
        }
        int firstSite = sites.begin(block, rip);
        int firstCacheSite = siteCache.next();
        long code = region.writable() + position;
        OffHeap.copy(StoredPiece.code(piece), code, StoredPiece.codeLength(piece));
        long list = StoredPiece.relocationList(piece);
        int relocations = StoredPiece.relocations(piece);
        for (int i = 0; i < relocations; i++) {
            int field = OffHeap.getInt(list + (long) i * Integer.BYTES);
            if (!Relocations.attach(code, field, (int) position, firstSite, firstCacheSite, rip)) {
                return false;
            }
        }
        for (int i = 0; i < cacheSites; i++) {
            siteCache.add();
        }
        int count = StoredPiece.sites(piece);
        for (int i = 0; i < count; i++) {
            sites.restore(firstSite + i, StoredPiece.site(piece, i), (int) position);
        }
        sites.end(count);
        return true;
    }

    /** Whether there is anything from an earlier run. */
    boolean fromEarlier() {
        return cache.loaded();
    }

    /** The bytes that {@link #find} did not find a translation of. */
    long guest() {
        return guest;
    }

    /** Keeps what {@code compiler} has just made of {@link #guest}, at {@code position}. */
    void keep(Block block, long rip, BlockCompiler compiler, long position, int firstSite, int count) {
        if (compiler.cacheExhausted()) {
            return;
        }
        Relocations relocations = compiler.relocations();
        int length = compiler.offset();
        int bytes = StoredPiece.size(block.length(), block.instructions(), length, count, relocations.count());
        synchronized (cache) {
            long piece = cache.reserve(bytes);
            if (piece == 0) {
                return;
            }
            StoredPiece.begin(piece, hash, context, mode, span, place, guest, block);
            StoredPiece.describe(
                    piece, length, compiler.pollOffset(), count, compiler.cacheSites(), relocations.count());
            long code = StoredPiece.code(piece);
            OffHeap.copy(compiler.writable(0), code, length);
            long list = StoredPiece.relocationList(piece);
            for (int i = 0; i < relocations.count(); i++) {
                int field = relocations.field(i);
                OffHeap.putInt(list + (long) i * Integer.BYTES, field);
                if (!Relocations.detach(code, field, (int) position, firstSite, compiler.firstCacheSite(), rip)) {
                    return;
                }
            }
            for (int i = 0; i < count; i++) {
                sites.keep(firstSite + i, StoredPiece.site(piece, i), (int) position);
            }
            cache.add(piece);
        }
    }

    /** Frees off-heap memory; the instance is dead afterwards. */
    void free() {
        OffHeap.free(words);
    }
}
