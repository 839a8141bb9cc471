package dev.veery.cpu.state;

/**
 * A number of 128 significant bits: {@code (hi:lo) * 2^(exp - 127)}, bit 63 of {@link #hi} set, or zero with {@link #hi}
 * zero. Only holds the bits; the arithmetic is with the other semantics.
 */
public final class WideFloat {
    public boolean negative;
    public int exp;
    public long hi;
    public long lo;

    /** Sets everything at once. */
    public void set(boolean newNegative, int newExp, long newHi, long newLo) {
        negative = newNegative;
        exp = newExp;
        hi = newHi;
        lo = newLo;
    }

    /** Becomes {@code other}. */
    public void set(WideFloat other) {
        set(other.negative, other.exp, other.hi, other.lo);
    }

    /** Becomes zero. */
    public void clear() {
        set(false, 0, 0, 0);
    }
}
