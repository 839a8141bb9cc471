package dev.veery.cpu.mmu;

/** What emitted code knows of the TLB's tables, see {@link Tlb}. */
public final class TlbLayout {
    /** Slots in a table. */
    public static final int ENTRIES = 1024;

    /** Bytes in a slot; the read tag is at 0. */
    public static final int ENTRY_SIZE = 32;

    /** {@code linear >>> SLOT_SHIFT & SLOT_MASK} is the byte offset of the slot. */
    public static final int SLOT_SHIFT = 7;

    public static final int SLOT_MASK = (ENTRIES - 1) * ENTRY_SIZE;

    /** Offset of the write tag. */
    public static final int WRITE_TAG = 8;

    /** Offset of what makes a linear address a host address. */
    public static final int ADDEND = 16;

    /** Offset of the physical page; -1 in a slot that Java has to put on its list before it is filled. */
    public static final int PHYSICAL = 24;

    /** Slots in a table of the second level. */
    public static final int SECOND_ENTRIES = 4096;

    /** Page number xor page number shifted right by this, masked, is the index of a slot of the second level. */
    public static final int SECOND_FOLD = 10;

    private TlbLayout() {}

    /** Index of the slot of {@code linear} in a table of the second level. */
    static int secondIndex(long linear) {
        long page = linear >>> 12;
        return (int) (page ^ page >>> SECOND_FOLD) & SECOND_ENTRIES - 1;
    }
}
