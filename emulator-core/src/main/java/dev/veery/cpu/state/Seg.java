package dev.veery.cpu.state;

import dev.veery.memory.access.OffHeap;

/**
 * A segment register with its hidden part (SDM vol. 3, section 3.4.3). The base lives in the off-heap block of
 * {@link CpuState}, where address computation adds it without knowing which segment it is.
 */
public final class Seg {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    /** {@link #attributes}: the four type bits. */
    public static final int TYPE = 0xf;

    public static final int TYPE_ACCESSED = 1;
    /** Data: writable. Code: readable. */
    public static final int TYPE_RW = 2;
    /** Data: expand-down. Code: conforming. */
    public static final int TYPE_EC = 4;

    public static final int TYPE_CODE = 8;
    /** Code or data, not a system descriptor. */
    public static final int S = 1 << 4;

    public static final int DPL_SHIFT = 5;
    public static final int P = 1 << 7;
    public static final int AVL = 1 << 12;
    public static final int L = 1 << 13;
    /** Default operand size, or B for a stack. */
    public static final int DB = 1 << 14;

    public static final int G = 1 << 15;
    /** A null selector was loaded, or the descriptor is otherwise not usable. */
    public static final int UNUSABLE = 1 << 16;

    /** The visible selector, 16 bits. */
    public int selector;

    /** Limit in bytes, granularity applied: 0 to 0xFFFFFFFF. */
    public long limit;

    /** Access rights: descriptor bits 40 to 47 as bits 0 to 7 and 52 to 55 as 12 to 15, as VT-x encodes them. */
    public int attributes;

    private final long baseAddress;
    private final long selectorAddress;

    Seg(long baseAddress, long selectorAddress) {
        this.baseAddress = baseAddress;
        this.selectorAddress = selectorAddress;
    }

    /** Sets the visible selector alone. */
    public void setSelector(int newSelector) {
        selector = newSelector;
        // For emitted code.
        OffHeap.putInt(selectorAddress, newSelector);
    }

    /** Linear base address. */
    public long base() {
        return OffHeap.getLong(baseAddress);
    }

    /** Sets the linear base address. */
    public void setBase(long base) {
        OffHeap.putLong(baseAddress, base);
    }

    /** Sets everything at once; the owner calls {@link CpuState#updateMode()} when CS or SS or DS or ES changed. */
    public void set(int newSelector, long newBase, long newLimit, int newAttributes) {
        setSelector(newSelector);
        setBase(newBase);
        limit = newLimit;
        attributes = newAttributes;
    }

    /** Descriptor privilege level. */
    public int dpl() {
        return attributes >> DPL_SHIFT & 3;
    }

    /** Whether the segment can be used for access at all. */
    public boolean usable() {
        return (attributes & UNUSABLE) == 0;
    }
}
