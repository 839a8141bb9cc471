package dev.veery.cpu.semantics;

import dev.veery.base.Unsigned;
import dev.veery.cpu.state.FloatEnv;

/** Between the double extended format and all others that x87 instructions load and store (SDM vol. 1, section 8.2). */
public final class SoftF80Convert {
    /** What FBSTP stores for an invalid operation: its upper 16 bits; the rest is C000_0000_0000_0000h. */
    public static final int BCD_INDEFINITE_HIGH = 0xffff;

    public static final long BCD_INDEFINITE_LOW = 0xc000_0000_0000_0000L;

    private static final long BCD_LIMIT = 1_000_000_000_000_000_000L;

    private SoftF80Convert() {}

    /**
     * From single precision as an arithmetic operand: exact, signalling NaNs stay so, and nothing is raised but {@link
     * FloatEnv#denormalOperand} noted.
     */
    public static void fromF32(int a, FloatEnv e) {
        int sign = a >>> 16 & SoftF80.SIGN;
        if ((a & ~SoftF32.SIGN) == 0) {
            SoftF80.set(e, 0, sign);
        } else if ((a & SoftF32.INFINITY) == SoftF32.INFINITY) {
            SoftF80.set(e, SoftF80.TOP | (long) (a & SoftF32.FRACTION) << 40, sign | SoftF80.EXPONENT);
        } else {
            e.denormalOperand = SoftF32.isDenormal(a);
            SoftF80.set(e, SoftF32.significand(a), sign | SoftF32.exponent(a) + SoftF80.BIAS);
        }
    }

    /** From double precision, as {@link #fromF32}. */
    public static void fromF64(long a, FloatEnv e) {
        int sign = (int) (a >>> 48) & SoftF80.SIGN;
        if (a << 1 == 0) {
            SoftF80.set(e, 0, sign);
        } else if ((a & SoftF64.INFINITY) == SoftF64.INFINITY) {
            SoftF80.set(e, SoftF80.TOP | (a & SoftF64.FRACTION) << 11, sign | SoftF80.EXPONENT);
        } else {
            e.denormalOperand = SoftF64.isDenormal(a);
            SoftF80.set(e, SoftF64.significand(a), sign | SoftF64.exponent(a) + SoftF80.BIAS);
        }
    }

    /** Raises for the operand that {@link #fromF32} or {@link #fromF64} left what loading it raises, and quiets it. */
    public static void load(FloatEnv e) {
        if (SoftF80.isSnan(e.sig, e.signExp)) {
            e.flags |= FloatEnv.IE;
            e.sig |= SoftF80.QUIET;
        } else if (e.denormalOperand) {
            e.flags |= FloatEnv.DE;
        }
    }

    /** From an integer: always exact. */
    public static void fromInt(long v, FloatEnv e) {
        if (v == 0) {
            SoftF80.set(e, 0, 0);
            return;
        }
        long m = Math.abs(v);
        int n = Long.numberOfLeadingZeros(m);
        SoftF80.set(e, m << n, (v < 0 ? SoftF80.SIGN : 0) | SoftF80.BIAS + 63 - n);
    }

    /** To single precision (FST m32fp). */
    public static int toF32(long as, int ase, FloatEnv e) {
        int sign = (ase & SoftF80.SIGN) << 16;
        if (SoftF80.special(as, ase, e)) {
            return (e.signExp & SoftF80.SIGN) << 16 | SoftF32.INFINITY | (int) (e.sig << 1 >>> 41);
        }
        if (as == 0) {
            return sign;
        }
        if (SoftF80.isInfinity(as, ase)) {
            return sign | SoftF32.INFINITY;
        }
        SoftCore.round(e, SoftF32.PREC, SoftF32.EMAX, sign != 0, SoftF80.exponent(as, ase), SoftF80.significand(as), 0);
        return SoftF32.pack(e, sign != 0);
    }

    /** To double precision (FST m64fp). */
    public static long toF64(long as, int ase, FloatEnv e) {
        long sign = (long) (ase & SoftF80.SIGN) << 48;
        if (SoftF80.special(as, ase, e)) {
            return (long) (e.signExp & SoftF80.SIGN) << 48 | SoftF64.INFINITY | e.sig << 1 >>> 12;
        }
        if (as == 0) {
            return sign;
        }
        if (SoftF80.isInfinity(as, ase)) {
            return sign | SoftF64.INFINITY;
        }
        SoftCore.round(e, SoftF64.PREC, SoftF64.EMAX, sign != 0, SoftF80.exponent(as, ase), SoftF80.significand(as), 0);
        return SoftF64.pack(e, sign != 0);
    }

    /**
     * To a signed integer of {@code bits} bits by {@code mode}; the most negative one, with IE, when it does not fit.
     */
    public static long toInt(long as, int ase, int bits, int mode, FloatEnv e) {
        long indefinite = -1L << (bits - 1);
        if ((ase & SoftF80.EXPONENT) >= SoftF80.BIAS + 64 || SoftF80.isUnsupported(as, ase)) {
            e.flags |= FloatEnv.IE;
            return indefinite;
        }
        int before = e.flags;
        long m = integer(as, ase, mode, e);
        boolean negative = (ase & SoftF80.SIGN) != 0;
        // The magnitude may be 2^63 and more, hence unsigned; -2^(bits-1) fits and is the indefinite integer itself.
        if (Unsigned.lt(negative ? -indefinite : -(indefinite + 1), m)) {
            e.flags = before | FloatEnv.IE;
            e.roundedUp = false;
            return indefinite;
        }
        return negative ? -m : m;
    }

    /** Magnitude of a supported number below 2^64, rounded to an integer by {@code mode}; wraps to 0 when that is 2^64. */
    static long integer(long as, int ase, int mode, FloatEnv e) {
        e.roundedUp = false;
        if (as == 0) {
            return 0;
        }
        int shift = 63 - SoftF80.exponent(as, ase);
        long sig = SoftF80.significand(as);
        if (shift == 0) {
            return sig;
        }
        long kept = shift < 64 ? sig >>> shift : 0;
        long rest = shift < 64 ? sig << -shift : SoftCore.shiftRightSticky(sig, shift - 64);
        if (rest == 0) {
            return kept;
        }
        e.flags |= FloatEnv.PE;
        boolean negative = (ase & SoftF80.SIGN) != 0;
        boolean up;
        switch (mode) {
            case FloatEnv.NEAREST:
                up = rest < 0 && (rest != SoftF80.TOP || (kept & 1) != 0);
                break;
            case FloatEnv.DOWN:
                up = negative;
                break;
            case FloatEnv.UP:
                up = !negative;
                break;
            default:
                up = false;
                break;
        }
        e.roundedUp = up;
        return up ? kept + 1 : kept;
    }

    /** From packed decimal: 18 digits in 9 bytes, and a byte with the sign (FBLD). Digits above 9 count as what they are. */
    public static void fromBcd(long low, int high, FloatEnv e) {
        long v = 0;
        for (int i = 4; i >= 0; i -= 4) {
            v = v * 10 + (high >>> i & 15);
        }
        for (int i = 60; i >= 0; i -= 4) {
            v = v * 10 + (low >>> i & 15);
        }
        fromInt(v, e);
        e.signExp |= high & SoftF80.SIGN;
    }

    /**
     * To packed decimal (FBSTP): the low 16 digits are returned, the other two and the sign byte left in {@link
     * FloatEnv#signExp}.
     */
    public static long toBcd(long as, int ase, FloatEnv e) {
        int before = e.flags;
        long m = -1;
        if ((ase & SoftF80.EXPONENT) < SoftF80.BIAS + 64 && !SoftF80.isUnsupported(as, ase)) {
            m = integer(as, ase, e.rounding, e);
        }
        if (Unsigned.le(BCD_LIMIT, m)) {
            e.flags = before | FloatEnv.IE;
            e.roundedUp = false;
            e.signExp = BCD_INDEFINITE_HIGH;
            return BCD_INDEFINITE_LOW;
        }
        long low = 0;
        for (int i = 0; i < 64; i += 4) {
            low |= m % 10 << i;
            m /= 10;
        }
        e.signExp = ase & SoftF80.SIGN | (int) (m / 10) << 4 | (int) (m % 10);
        return low;
    }
}
