package dev.veery.cpu.state;

/**
 * The floating-point environment of one processor: how the next operation rounds, which exceptions are masked, and which
 * have been seen since {@link #flags} was last cleared (SDM vol. 1, sections 4.8 and 4.9). SSE loads it from MXCSR, x87
 * from FCW, before each operation; loading the word that is loaded already costs one comparison.
 *
 * <p>The second half is the accumulator in which 80-bit and intermediate results travel, so that no operation allocates.
 */
public final class FloatEnv {
    /** Exception bits, placed as in MXCSR and FSW. */
    public static final int IE = 1;

    public static final int DE = 1 << 1;
    public static final int ZE = 1 << 2;
    public static final int OE = 1 << 3;
    public static final int UE = 1 << 4;
    public static final int PE = 1 << 5;

    /** All six exceptions. */
    public static final int ALL = 0x3f;

    /** The exceptions that are found before anything is computed. */
    public static final int PRE = IE | DE | ZE;

    /** Rounding modes, encoded as MXCSR.RC and FCW.RC. */
    public static final int NEAREST = 0;

    public static final int DOWN = 1;
    public static final int UP = 2;
    public static final int ZERO = 3;

    private static final int MXCSR_DAZ = 1 << 6;
    private static final int MXCSR_MASKS_SHIFT = 7;
    private static final int MXCSR_RC_SHIFT = 13;
    private static final int MXCSR_FTZ = 1 << 15;
    private static final int MXCSR_CONTROL = 0xffc0;
    private static final int FCW_PC_SHIFT = 8;
    private static final int FCW_RC_SHIFT = 10;
    private static final int FCW_CONTROL = 0xf3f;

    /** Tells a loaded FCW from a loaded MXCSR in {@link #loaded}. */
    private static final int LOADED_X87 = 1 << 16;

    /** Exceptions raised, or-ed in by every operation. */
    public int flags;

    /** {@link #NEAREST}, {@link #DOWN}, {@link #UP} or {@link #ZERO}. */
    public int rounding;

    /** Exceptions that are masked, in the order of {@link #flags}. */
    public int masks = ALL;

    /** Denormal operands count as zero (MXCSR.DAZ). */
    public boolean daz;

    /** Tiny results become zero while underflow is masked (MXCSR.FTZ). */
    public boolean ftz;

    /** Significand bits that x87 arithmetic rounds to: 24, 53 or 64 (FCW.PC). */
    public int precision = 64;

    /** The last rounding made the magnitude larger (what x87 shows in C1). */
    public boolean roundedUp;

    /** The memory operand about to be used was denormal in its own format; 80-bit arithmetic then raises DE for it. */
    public boolean denormalOperand;

    /** Accumulator: significand of an 80-bit result, or of an intermediate one with its leading bit at 63. */
    public long sig;

    /** Accumulator: sign (bit 15) and biased exponent of an 80-bit result. */
    public int signExp;

    /** Accumulator: unbiased exponent of an intermediate result. */
    public int exp;

    /** Accumulator: what follows {@link #sig} in a 128-bit value. */
    public long low;

    /** Working numbers of the transcendental functions. */
    public final WideFloat[] wide = new WideFloat[WIDE];

    private static final int WIDE = 12;

    private int loaded = MXCSR_MASKS;

    private static final int MXCSR_MASKS = ALL << MXCSR_MASKS_SHIFT;

    public FloatEnv() {
        for (int i = 0; i < WIDE; i++) {
            wide[i] = new WideFloat();
        }
    }

    /** Takes rounding, masks, DAZ and FTZ from MXCSR, and clears {@link #flags}. */
    public void useMxcsr(int mxcsr) {
        flags = 0;
        if ((mxcsr & MXCSR_CONTROL) != loaded) {
            loadMxcsr(mxcsr & MXCSR_CONTROL);
        }
    }

    private void loadMxcsr(int control) {
        loaded = control;
        rounding = control >> MXCSR_RC_SHIFT & 3;
        masks = control >> MXCSR_MASKS_SHIFT & ALL;
        daz = (control & MXCSR_DAZ) != 0;
        ftz = (control & MXCSR_FTZ) != 0;
    }

    /** Takes rounding, masks and precision from the x87 control word, and clears {@link #flags}. */
    public void useFcw(int fcw) {
        flags = 0;
        roundedUp = false;
        denormalOperand = false;
        int control = fcw & FCW_CONTROL | LOADED_X87;
        if (control != loaded) {
            loadFcw(control);
        }
    }

    private void loadFcw(int control) {
        loaded = control;
        rounding = control >> FCW_RC_SHIFT & 3;
        masks = control & ALL;
        daz = false;
        ftz = false;
        int pc = control >> FCW_PC_SHIFT & 3;
        // The reserved encoding 01 behaves as full precision.
        precision = pc == 0 ? 24 : pc == 2 ? 53 : 64;
    }

    /** Whether {@link #flags} holds an exception that is not masked. */
    public boolean unmasked() {
        return (flags & ~masks) != 0;
    }

    /**
     * What an SSE instruction adds to MXCSR: {@link #flags}, without those found after computing when an unmasked one was
     * found before it in any element (SDM vol. 1, section 11.5.4).
     */
    public int simdFlags() {
        return (flags & PRE & ~masks) != 0 ? flags & PRE : flags;
    }
}
