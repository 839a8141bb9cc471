package dev.veery.cpu.jit;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * The fields of a piece of emitted code that would differ if it stood elsewhere: what {@link Emitter} notes while it emits,
 * and how a copy is made to fit. A field is an int of its offset in the piece and its kind. In a piece that is kept
 * ({@link StoredPiece}) they count from zero: as if it stood at the beginning of the region, translated code at address 0, and had
 * been given the first of all sites.
 */
final class Relocations {
    /** Four bytes of displacement to a stub of {@link JitTier}. */
    static final int STUB = 0;

    /** Four bytes, the number of a site of {@link Sites}. */
    static final int SITE = 1;

    /** Four bytes, the offset of a site of {@link dev.veery.cpu.mmu.SiteCache}. */
    static final int SITE_CACHE = 2;

    /** Four bytes of a guest address, which are zero-extended. */
    static final int RIP_ZERO = 3;

    /** Four bytes of a guest address, which are sign-extended. */
    static final int RIP_SIGN = 4;

    /** Eight bytes of a guest address. */
    static final int RIP_WIDE = 5;

    private static final int KIND_SHIFT = 24;
    private static final int OFFSET_MASK = (1 << KIND_SHIFT) - 1;

    private int[] fields = new int[64];
    private int count;

    /** Begins a new piece. */
    void start() {
        count = 0;
    }

    /** Notes a field. */
    void add(int kind, int offset) {
        if (count == fields.length) {
            fields = Arrays.copyOf(fields, 2 * count);
        }
        fields[count++] = kind << KIND_SHIFT | offset;
    }

    /** How many fields there are. */
    int count() {
        return count;
    }

    /** A field, for {@link #move}. */
    int field(int index) {
        return fields[index];
    }

    /**
     * Makes a field of the piece at {@code code} count from zero.
     *
     * @param position where in the region the piece stands
     * @param site number of its first site
     * @param cache offset of the first site of the {@link dev.veery.cpu.mmu.SiteCache} it was given
     * @param rip of its first instruction
     * @return whether the field can hold that
     */
    static boolean detach(long code, int field, int position, int site, int cache, long rip) {
        long at = code + (field & OFFSET_MASK);
        int kind = field >>> KIND_SHIFT;
        switch (kind) {
            case RIP_ZERO:
            case RIP_SIGN: {
                int value = OffHeap.getInt(at);
                long distance = (kind == RIP_ZERO ? value & 0xffff_ffffL : value) - rip;
                OffHeap.putInt(at, (int) distance);
                return distance == (int) distance;
            }
            case RIP_WIDE:
                OffHeap.putLong(at, OffHeap.getLong(at) - rip);
                return true;
            default:
                OffHeap.putInt(at, OffHeap.getInt(at) - base(kind, position, site, cache));
                return true;
        }
    }

    /** Takes back what {@link #detach} did, for another place; whether the field can hold the new value. */
    static boolean attach(long code, int field, int position, int site, int cache, long rip) {
        long at = code + (field & OFFSET_MASK);
        int kind = field >>> KIND_SHIFT;
        switch (kind) {
            case RIP_ZERO:
            case RIP_SIGN: {
                long value = OffHeap.getInt(at) + rip;
                OffHeap.putInt(at, (int) value);
                return kind == RIP_ZERO ? value >>> 32 == 0 : value == (int) value;
            }
            case RIP_WIDE:
                OffHeap.putLong(at, OffHeap.getLong(at) + rip);
                return true;
            default:
                OffHeap.putInt(at, OffHeap.getInt(at) + base(kind, position, site, cache));
                return true;
        }
    }

    private static int base(int kind, int position, int site, int cache) {
        // A stub comes nearer where the piece is further away.
        return kind == SITE ? site : kind == SITE_CACHE ? cache : -position;
    }
}
