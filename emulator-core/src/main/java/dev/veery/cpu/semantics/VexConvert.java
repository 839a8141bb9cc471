package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/**
 * Conversions, horizontal arithmetic and dot products on vectors of 16 or 32 bytes with a destination of their own: the
 * operations of {@link SsePacked} by the same numbers, and those of F16C (SDM vol. 2).
 */
public final class VexConvert {
    /** VCVTPH2PS. */
    public static final int CVTPH2PS = 64;

    private static final int LANE = 16;

    private VexConvert() {}

    private static int single(long p, int n) {
        return OffHeap.getInt(p + 4L * n);
    }

    private static void single(long p, int n, int value) {
        OffHeap.putInt(p + 4L * n, value);
    }

    private static long dual(long p, int n) {
        return OffHeap.getLong(p + 8L * n);
    }

    private static void dual(long p, int n, long value) {
        OffHeap.putLong(p + 8L * n, value);
    }

    /**
     * Operation {@code op} into {@code out}, 32 bytes that overlap no source.
     *
     * @param width bytes of the wider of source and result
     * @param first the first source
     * @param src the second source, or the only one
     * @return masked exceptions of stages that were over when those now in {@code e} came up; 0 for all but dot products
     */
    public static int apply(int op, int width, long out, long first, long src, int imm, FloatEnv e) {
        switch (op) {
            case SsePacked.DPPS:
                return dotProducts(width, out, first, src, imm, e);
            case SsePacked.CVTPS2PD:
                for (int n = 0; n < width / 8; n++) {
                    dual(out, n, SoftF64.fromF32(single(src, n), e));
                }
                return 0;
            case SsePacked.CVTPD2PS:
                dual(out, 1, 0);
                for (int n = 0; n < width / 8; n++) {
                    single(out, n, SoftF32.fromF64(dual(src, n), e));
                }
                return 0;
            case SsePacked.CVTDQ2PD:
                for (int n = 0; n < width / 8; n++) {
                    dual(out, n, SoftF64.fromInt32(single(src, n)));
                }
                return 0;
            case SsePacked.CVTPD2DQ:
            case SsePacked.CVTTPD2DQ:
                dual(out, 1, 0);
                for (int n = 0; n < width / 8; n++) {
                    int mode = op == SsePacked.CVTPD2DQ ? e.rounding : FloatEnv.ZERO;
                    single(out, n, SoftF64.toInt32(dual(src, n), mode, e));
                }
                return 0;
            case CVTPH2PS:
                for (int n = 0; n < width / 4; n++) {
                    single(out, n, SoftF16.toSingle(OffHeap.getChar(src + 2L * n), e));
                }
                return 0;
            default:
                // Each lane by itself.
                int earlier = 0;
                for (int at = 0; at < width; at += LANE) {
                    earlier |= SsePacked.apply(op, out + at, first + at, src + at, imm, e);
                }
                return earlier;
        }
    }

    /** VCVTPS2PH: {@code count} singles to halves; what remains of 16 bytes becomes zero. */
    public static void toHalves(long out, long src, int count, int imm, FloatEnv e) {
        int mode = (imm & 4) != 0 ? e.rounding : imm & 3;
        dual(out, 1, 0);
        for (int n = 0; n < count; n++) {
            OffHeap.putShort(out + 2L * n, SoftF16.fromSingle(single(src, n), mode, e));
        }
    }

    /** As {@code SsePacked}'s; every stage is over in both lanes before the next begins. */
    private static int dotProducts(int width, long out, long first, long src, int imm, FloatEnv e) {
        int count = width / 4;
        for (int n = 0; n < count; n++) {
            boolean wanted = (imm >> 4 + (n & 3) & 1) != 0;
            single(out, n, wanted ? SoftF32.mul(single(first, n), single(src, n), e) : 0);
        }
        if (e.unmasked()) {
            return 0;
        }
        int earlier = e.flags;
        e.flags = 0;
        for (int n = 0; n < count; n += 2) {
            int even = single(out, n);
            int odd = single(out, n + 1);
            // Each element adds in an order of its own, which shows where two products are NaNs.
            single(out, n, SoftF32.add(odd, even, e));
            single(out, n + 1, SoftF32.add(even, odd, e));
        }
        if (e.unmasked()) {
            return earlier;
        }
        earlier |= e.flags;
        e.flags = 0;
        for (int n = 0; n < count; n += 4) {
            int s0 = single(out, n);
            int s1 = single(out, n + 1);
            int s2 = single(out, n + 2);
            int s3 = single(out, n + 3);
            // Exceptions count whether or not an element is written.
            element(out, n, imm, SoftF32.add(s0, s2, e));
            element(out, n + 1, imm, SoftF32.add(s1, s3, e));
            element(out, n + 2, imm, SoftF32.add(s2, s0, e));
            element(out, n + 3, imm, SoftF32.add(s3, s1, e));
        }
        return earlier;
    }

    private static void element(long out, int n, int imm, int value) {
        single(out, n, (imm >> (n & 3) & 1) != 0 ? value : 0);
    }
}
