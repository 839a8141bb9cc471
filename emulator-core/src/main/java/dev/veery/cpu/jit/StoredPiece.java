package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.memory.access.OffHeap;

/**
 * The translation of a block as it is kept ({@link TranslationCache}): outside the heap, little-endian, with no address in it. What has
 * to be the same for it to be used again, and what {@link Relocations} need:
 *
 * <pre>
 *   0  long   hash of all up to the code
 *   8  long   what kind of processors it is for
 *  16  int    CpuState.mode
 *  20  int    bytes around the block within which jumps are linked
 *  24  int    where in them it begins; bit 31: in the upper half of the address space; bit 30: memory is not shared
 *  28  short  bytes of guest code
 *  30  short  instructions
 *  32  int    bytes of emitted code
 *  36  int    offset of the return to Java
 *  40  short  sites
 *  42  short  sites of the SiteCache
 *  44  int    relocations
 *  48  guest code, the length of each instruction, emitted code, sites of 12 bytes, relocations of 4: each from a multiple of 8
 * </pre>
 */
final class StoredPiece {
    static final int HASH = 0;
    static final int HEADER = 48;
    static final int SITE_SIZE = 12;

    private static final int CONTEXT = 8;
    private static final int MODE = 16;
    private static final int SPAN = 20;
    private static final int PLACE = 24;
    private static final int LENGTH = 28;
    private static final int INSTRUCTIONS = 30;
    private static final int CODE_LENGTH = 32;
    private static final int POLL = 36;
    private static final int SITES = 40;
    private static final int CACHE_SITES = 42;
    private static final int RELOCATIONS = 44;

    private static final int UPPER_HALF = 1 << 31;
    private static final int ALONE = 1 << 30;
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

    private StoredPiece() {}

    private static int round(int bytes) {
        return bytes + 7 & -8;
    }

    /** What of RIP and sharing a translation depends on. */
    static int place(long rip, int span, boolean alone) {
        return (int) rip & span - 1 | (rip < 0 ? UPPER_HALF : 0) | (alone ? ALONE : 0);
    }

    /** A hash of what has to be the same. */
    static long hash(long context, int mode, int span, int place, long guest, int length) {
        long h = (context ^ mode) * MULTIPLIER ^ ((long) span << 32 | place & 0xffff_ffffL);
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            h = mix(h ^ OffHeap.getLong(guest + at));
        }
        for (; at < length; at++) {
            h = mix(h ^ OffHeap.getByte(guest + at));
        }
        return mix(h ^ length);
    }

    private static long mix(long h) {
        long m = h * MULTIPLIER;
        return m ^ m >>> 29;
    }

    /** Whether the piece is the translation of {@code block}. */
    static boolean matches(long piece, long context, int mode, int span, int place, long guest, Block block) {
        if (OffHeap.getLong(piece + CONTEXT) != context
                || OffHeap.getInt(piece + MODE) != mode
                || OffHeap.getInt(piece + SPAN) != span
                || OffHeap.getInt(piece + PLACE) != place
                || length(piece) != block.length()
                || instructions(piece) != block.instructions()) {
            return false;
        }
        long kept = piece + HEADER;
        int length = block.length();
        for (int i = 0; i < length; i++) {
            if (OffHeap.getByte(kept + i) != OffHeap.getByte(guest + i)) {
                return false;
            }
        }
        // Another processor may have written what the block was decoded from.
        long lengths = kept + round(length);
        int count = block.instructions();
        for (int i = 0; i < count; i++) {
            if (OffHeap.getByte(lengths + i) != block.offset(i + 1) - block.offset(i)) {
                return false;
            }
        }
        return true;
    }

    /** Bytes of one with these parts. */
    static int size(int length, int instructions, int codeLength, int sites, int relocations) {
        return HEADER
                + round(length)
                + round(instructions)
                + round(codeLength)
                + round(sites * SITE_SIZE)
                + round(relocations * Integer.BYTES);
    }

    /** Bytes of this one. */
    static int size(long piece) {
        return size(length(piece), instructions(piece), codeLength(piece), sites(piece), relocations(piece));
    }

    /** Writes all up to the code. */
    static void begin(long piece, long hash, long context, int mode, int span, int place, long guest, Block block) {
        OffHeap.putLong(piece + HASH, hash);
        OffHeap.putLong(piece + CONTEXT, context);
        OffHeap.putInt(piece + MODE, mode);
        OffHeap.putInt(piece + SPAN, span);
        OffHeap.putInt(piece + PLACE, place);
        OffHeap.putShort(piece + LENGTH, block.length());
        OffHeap.putShort(piece + INSTRUCTIONS, block.instructions());
        long kept = piece + HEADER;
        OffHeap.fill(kept, round(block.length()) + round(block.instructions()), 0);
        OffHeap.copy(guest, kept, block.length());
        long lengths = kept + round(block.length());
        for (int i = 0; i < block.instructions(); i++) {
            OffHeap.putByte(lengths + i, block.offset(i + 1) - block.offset(i));
        }
    }

    /** Writes the rest of the header. */
    static void describe(long piece, int codeLength, int poll, int sites, int cacheSites, int relocations) {
        OffHeap.putInt(piece + CODE_LENGTH, codeLength);
        OffHeap.putInt(piece + POLL, poll);
        OffHeap.putShort(piece + SITES, sites);
        OffHeap.putShort(piece + CACHE_SITES, cacheSites);
        OffHeap.putInt(piece + RELOCATIONS, relocations);
    }

    static long hash(long piece) {
        return OffHeap.getLong(piece + HASH);
    }

    private static int length(long piece) {
        return OffHeap.getChar(piece + LENGTH);
    }

    private static int instructions(long piece) {
        return OffHeap.getChar(piece + INSTRUCTIONS);
    }

    static int codeLength(long piece) {
        return OffHeap.getInt(piece + CODE_LENGTH);
    }

    static int poll(long piece) {
        return OffHeap.getInt(piece + POLL);
    }

    static int sites(long piece) {
        return OffHeap.getChar(piece + SITES);
    }

    static int cacheSites(long piece) {
        return OffHeap.getChar(piece + CACHE_SITES);
    }

    static int relocations(long piece) {
        return OffHeap.getInt(piece + RELOCATIONS);
    }

    /** Address of the emitted code. */
    static long code(long piece) {
        return piece + HEADER + round(length(piece)) + round(instructions(piece));
    }

    /** Address of a site. */
    static long site(long piece, int index) {
        return code(piece) + round(codeLength(piece)) + (long) index * SITE_SIZE;
    }

    /** Address of the relocations. */
    static long relocationList(long piece) {
        return code(piece) + round(codeLength(piece)) + round(sites(piece) * SITE_SIZE);
    }
}
