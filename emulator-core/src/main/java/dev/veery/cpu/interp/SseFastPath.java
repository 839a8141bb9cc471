package dev.veery.cpu.interp;

import dev.veery.cpu.state.CpuState;

/**
 * When the host's arithmetic is all there is to an operation. While it rounds to nearest, with #P masked and already
 * recorded in MXCSR, an inexact result changes nothing that can be seen; what is left to rule out are the other exceptions
 * and NaNs, from the bits of the operands and the result.
 */
final class SseFastPath {
    private static final int MXCSR_PE = 1 << 5;
    private static final int MXCSR_PM = 1 << 12;
    private static final int MXCSR_RC = 3 << 13;
    private static final int SHIFT64 = 52;
    private static final int FIELD64 = 0x7ff;
    private static final int SHIFT32 = 23;
    private static final int FIELD32 = 0xff;

    private SseFastPath() {}

    /** Whether inexact results have no visible effect any more. */
    static boolean open(CpuState s) {
        return (s.field(CpuState.MXCSR) & (MXCSR_PE | MXCSR_PM | MXCSR_RC)) == (MXCSR_PE | MXCSR_PM);
    }

    private static boolean zero(long a) {
        return a << 1 == 0;
    }

    private static boolean zero(int a) {
        return a << 1 == 0;
    }

    /** Neither denormal, infinite nor NaN. */
    private static boolean plain(long a) {
        return ((int) (a >>> SHIFT64) + 1 & FIELD64) > 1 || zero(a);
    }

    private static boolean plain(int a) {
        return ((a >>> SHIFT32) + 1 & FIELD32) > 1 || zero(a);
    }

    /** A normal result that was not tiny before it was rounded either. */
    private static boolean safe(long r) {
        return ((int) (r >>> SHIFT64) + 1 & FIELD64) > 2;
    }

    private static boolean safe(int r) {
        return ((r >>> SHIFT32) + 1 & FIELD32) > 2;
    }

    /** Whether {@code r} stands as the host's sum or difference of {@code x} and {@code y}: a normal or zero one is never tiny and inexact. */
    static boolean sum(long x, long y, long r) {
        return plain(x) && plain(y) && plain(r);
    }

    static boolean sum(int x, int y, int r) {
        return plain(x) && plain(y) && plain(r);
    }

    /** Whether {@code r} stands as the host's product. */
    static boolean product(long x, long y, long r) {
        return plain(x) && plain(y) && (safe(r) || zero(x) || zero(y));
    }

    static boolean product(int x, int y, int r) {
        return plain(x) && plain(y) && (safe(r) || zero(x) || zero(y));
    }

    /** Whether {@code r} stands as the host's quotient. */
    static boolean quotient(long x, long y, long r) {
        return plain(x) && plain(y) && safe(r);
    }

    static boolean quotient(int x, int y, int r) {
        return plain(x) && plain(y) && safe(r);
    }
}
