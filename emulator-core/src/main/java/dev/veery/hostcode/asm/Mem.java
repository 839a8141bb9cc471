package dev.veery.hostcode.asm;

/**
 * Memory operands packed into a long, so that they cost nothing: a base and a scaled index register with a displacement
 * and perhaps a segment, or a place in or near the code, relative to RIP. An operand is valid until its label's buffer is
 * started again; others always.
 */
public final class Mem {
    // 0-31 displacement; 32-36 base, 37-41 index (31: none); 42-43 shift of the index.
    private static final int BASE = 32;
    private static final int INDEX = 37;
    private static final int SCALE = 42;
    private static final int NO_REG = 31;
    private static final long ADDRESS32 = 1L << 44;
    private static final long WIDE_DISP = 1L << 45;
    private static final long VECTOR_INDEX = 1L << 46;
    private static final int SEGMENT = 60;
    private static final int KIND = 62;
    private static final long KIND_TARGET = 1L << KIND;
    private static final long KIND_LABEL = 2L << KIND;
    /** User space ends below 2^47, with five-level paging below 2^56. */
    private static final long TARGET_MASK = (1L << 57) - 1;

    private Mem() {}

    /** {@code [base + disp]}. */
    public static long based(int base, int disp) {
        return indexed(base, Reg.NONE, 0, disp);
    }

    /**
     * {@code [base + (index << scale) + disp]}.
     *
     * @param base a register or {@link Reg#NONE}
     * @param index a register but RSP, or {@link Reg#NONE}
     * @param scale 0 to 3
     */
    public static long indexed(int base, int index, int scale, int disp) {
        if (index == Reg.RSP) {
            throw new IllegalArgumentException("RSP cannot be an index");
        }
        return pack(base, index, scale, disp);
    }

    /** As {@link #indexed}; the index is an XMM or YMM register, for gathers. */
    public static long vectorIndexed(int base, int index, int scale, int disp) {
        return pack(base, index, scale, disp) | VECTOR_INDEX;
    }

    /** {@code [disp]}, sign-extended; not relative to RIP. */
    public static long absolute(int disp) {
        return pack(Reg.NONE, Reg.NONE, 0, disp);
    }

    /** A place within 2 GiB of the code, by its address; for code it is the address in the executable view. */
    public static long target(long address) {
        if ((address & ~TARGET_MASK) != 0) {
            throw new IllegalArgumentException("not an address: " + Long.toHexString(address));
        }
        return KIND_TARGET | address;
    }

    /** The place of a label of the same buffer, bound or not. */
    public static long label(int label) {
        return KIND_LABEL | label;
    }

    /** The same operand relative to the FS base; it must not be one relative to RIP. */
    public static long fs(long mem) {
        return mem | 1L << SEGMENT;
    }

    /** The same operand relative to the GS base; it must not be one relative to RIP. */
    public static long gs(long mem) {
        return mem | 2L << SEGMENT;
    }

    /** The same operand with its sum cut to 32 bits (67h prefix): what LEA needs for 32-bit guest addresses. */
    public static long address32(long mem) {
        return mem | ADDRESS32;
    }

    /** The same operand with four bytes of displacement even where one would do, so that it can be patched. */
    public static long wideDisp(long mem) {
        return mem | WIDE_DISP;
    }

    /** The same operand {@code delta} bytes further on; wraps as the displacement does. Not for RIP-relative ones. */
    public static long plus(long mem, int delta) {
        return mem & ~0xffff_ffffL | (int) mem + delta & 0xffff_ffffL;
    }

    private static long pack(int base, int index, int scale, int disp) {
        if (base < Reg.NONE || base > Reg.R15 || index < Reg.NONE || index > Reg.R15 || (scale & ~3) != 0) {
            throw new IllegalArgumentException("no such address: base " + base + ", index " + index);
        }
        return (long) (base & NO_REG) << BASE
                | (long) (index & NO_REG) << INDEX
                | (long) scale << SCALE
                | disp & 0xffff_ffffL;
    }

    static boolean isLabel(long mem) {
        return mem < 0;
    }

    static boolean isTarget(long mem) {
        return (mem & KIND_TARGET) != 0;
    }

    static int labelOf(long mem) {
        return (int) mem;
    }

    static long targetOf(long mem) {
        return mem & TARGET_MASK;
    }

    static int disp(long mem) {
        return (int) mem;
    }

    /** 0 to 15, or above if there is none. */
    static int base(long mem) {
        return (int) (mem >>> BASE) & NO_REG;
    }

    static int index(long mem) {
        return (int) (mem >>> INDEX) & NO_REG;
    }

    static int scale(long mem) {
        return (int) (mem >>> SCALE) & 3;
    }

    /** 0, 64h for FS or 65h for GS. */
    static int segmentPrefix(long mem) {
        int segment = (int) (mem >>> SEGMENT) & 3;
        return segment == 0 ? 0 : 0x63 + segment;
    }

    static boolean isAddress32(long mem) {
        return mem >= 0 && !isTarget(mem) && (mem & ADDRESS32) != 0;
    }

    static boolean isWideDisp(long mem) {
        return (mem & WIDE_DISP) != 0;
    }
}
