package dev.veery.cpu.semantics;

import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/**
 * Conversions between packed formats and floating-point operations across lanes, by number. They read both operands and
 * write 16 bytes (8 for MMX destinations) to a third place, which the caller copies when no unmasked exception came up.
 */
public final class SsePacked {
    public static final int HADDPS = 0;
    public static final int HADDPD = 1;
    public static final int HSUBPS = 2;
    public static final int HSUBPD = 3;
    public static final int ADDSUBPS = 4;
    public static final int ADDSUBPD = 5;
    public static final int DPPS = 6;
    public static final int DPPD = 7;
    public static final int CVTPS2PD = 8;
    public static final int CVTPD2PS = 9;
    public static final int CVTSS2SD = 10;
    public static final int CVTSD2SS = 11;
    public static final int CVTDQ2PS = 12;
    public static final int CVTPS2DQ = 13;
    public static final int CVTTPS2DQ = 14;
    public static final int CVTDQ2PD = 15;
    public static final int CVTPD2DQ = 16;
    public static final int CVTTPD2DQ = 17;
    public static final int CVTPI2PS = 18;
    public static final int CVTPI2PD = 19;
    public static final int CVTPS2PI = 20;
    public static final int CVTTPS2PI = 21;
    public static final int CVTPD2PI = 22;
    public static final int CVTTPD2PI = 23;

    private SsePacked() {}

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
     * Operation {@code op} on {@code dst} and {@code src} into {@code out}, which overlaps neither.
     *
     * @return masked exceptions of stages that were over when those now in {@code e} came up; 0 for all but dot products
     */
    public static int apply(int op, long out, long dst, long src, int imm, FloatEnv e) {
        if (op == DPPS) {
            return dotSingle(out, dst, src, imm, e);
        }
        if (op == DPPD) {
            return dotDual(out, dst, src, imm, e);
        }
        if (op <= ADDSUBPD) {
            horizontal(op, out, dst, src, e);
        } else {
            convert(op, out, dst, src, e);
        }
        return 0;
    }

    private static void horizontal(int op, long out, long dst, long src, FloatEnv e) {
        switch (op) {
            case HADDPS:
                single(out, 0, SoftF32.add(single(dst, 0), single(dst, 1), e));
                single(out, 1, SoftF32.add(single(dst, 2), single(dst, 3), e));
                single(out, 2, SoftF32.add(single(src, 0), single(src, 1), e));
                single(out, 3, SoftF32.add(single(src, 2), single(src, 3), e));
                break;
            case HSUBPS:
                single(out, 0, SoftF32.sub(single(dst, 0), single(dst, 1), e));
                single(out, 1, SoftF32.sub(single(dst, 2), single(dst, 3), e));
                single(out, 2, SoftF32.sub(single(src, 0), single(src, 1), e));
                single(out, 3, SoftF32.sub(single(src, 2), single(src, 3), e));
                break;
            case HADDPD:
                dual(out, 0, SoftF64.add(dual(dst, 0), dual(dst, 1), e));
                dual(out, 1, SoftF64.add(dual(src, 0), dual(src, 1), e));
                break;
            case HSUBPD:
                dual(out, 0, SoftF64.sub(dual(dst, 0), dual(dst, 1), e));
                dual(out, 1, SoftF64.sub(dual(src, 0), dual(src, 1), e));
                break;
            case ADDSUBPS:
                for (int n = 0; n < 4; n += 2) {
                    single(out, n, SoftF32.sub(single(dst, n), single(src, n), e));
                    single(out, n + 1, SoftF32.add(single(dst, n + 1), single(src, n + 1), e));
                }
                break;
            default:
                dual(out, 0, SoftF64.sub(dual(dst, 0), dual(src, 0), e));
                dual(out, 1, SoftF64.add(dual(dst, 1), dual(src, 1), e));
                break;
        }
    }

    /** Products first, then sums of neighbours, then their sum; an unmasked exception ends it after its stage. */
    private static int dotSingle(long out, long dst, long src, int imm, FloatEnv e) {
        int p0 = (imm & 0x10) != 0 ? SoftF32.mul(single(dst, 0), single(src, 0), e) : 0;
        int p1 = (imm & 0x20) != 0 ? SoftF32.mul(single(dst, 1), single(src, 1), e) : 0;
        int p2 = (imm & 0x40) != 0 ? SoftF32.mul(single(dst, 2), single(src, 2), e) : 0;
        int p3 = (imm & 0x80) != 0 ? SoftF32.mul(single(dst, 3), single(src, 3), e) : 0;
        if (e.unmasked()) {
            return 0;
        }
        int earlier = e.flags;
        e.flags = 0;
        // Each element adds in an order of its own, which shows where two products are NaNs.
        int s0 = SoftF32.add(p1, p0, e);
        int s1 = SoftF32.add(p0, p1, e);
        int s2 = SoftF32.add(p3, p2, e);
        int s3 = SoftF32.add(p2, p3, e);
        if (e.unmasked()) {
            return earlier;
        }
        earlier |= e.flags;
        e.flags = 0;
        int t0 = SoftF32.add(s0, s2, e);
        int t1 = SoftF32.add(s1, s3, e);
        int t2 = SoftF32.add(s2, s0, e);
        int t3 = SoftF32.add(s3, s1, e);
        // Exceptions count whether or not an element is written.
        single(out, 0, (imm & 1) != 0 ? t0 : 0);
        single(out, 1, (imm & 2) != 0 ? t1 : 0);
        single(out, 2, (imm & 4) != 0 ? t2 : 0);
        single(out, 3, (imm & 8) != 0 ? t3 : 0);
        return earlier;
    }

    private static int dotDual(long out, long dst, long src, int imm, FloatEnv e) {
        long p0 = (imm & 0x10) != 0 ? SoftF64.mul(dual(dst, 0), dual(src, 0), e) : 0;
        long p1 = (imm & 0x20) != 0 ? SoftF64.mul(dual(dst, 1), dual(src, 1), e) : 0;
        if (e.unmasked()) {
            return 0;
        }
        int earlier = e.flags;
        e.flags = 0;
        // Exceptions count whether or not an element is written.
        long s0 = SoftF64.add(p0, p1, e);
        long s1 = SoftF64.add(p1, p0, e);
        dual(out, 0, (imm & 1) != 0 ? s0 : 0);
        dual(out, 1, (imm & 2) != 0 ? s1 : 0);
        return earlier;
    }

    private static void convert(int op, long out, long dst, long src, FloatEnv e) {
        switch (op) {
            case CVTPS2PD:
                dual(out, 0, SoftF64.fromF32(single(src, 0), e));
                dual(out, 1, SoftF64.fromF32(single(src, 1), e));
                break;
            case CVTPD2PS:
                single(out, 0, SoftF32.fromF64(dual(src, 0), e));
                single(out, 1, SoftF32.fromF64(dual(src, 1), e));
                dual(out, 1, 0);
                break;
            case CVTSS2SD:
                dual(out, 0, SoftF64.fromF32(single(src, 0), e));
                dual(out, 1, dual(dst, 1));
                break;
            case CVTSD2SS:
                single(out, 0, SoftF32.fromF64(dual(src, 0), e));
                single(out, 1, single(dst, 1));
                dual(out, 1, dual(dst, 1));
                break;
            case CVTDQ2PS:
                for (int n = 0; n < 4; n++) {
                    single(out, n, SoftF32.fromInt32(single(src, n), e));
                }
                break;
            case CVTPS2DQ:
                singlesToInts(out, src, 4, e.rounding, e);
                break;
            case CVTTPS2DQ:
                singlesToInts(out, src, 4, FloatEnv.ZERO, e);
                break;
            case CVTDQ2PD:
            case CVTPI2PD:
                dual(out, 0, SoftF64.fromInt32(single(src, 0)));
                dual(out, 1, SoftF64.fromInt32(single(src, 1)));
                break;
            case CVTPD2DQ:
                dualsToInts(out, src, e.rounding, e);
                dual(out, 1, 0);
                break;
            case CVTTPD2DQ:
                dualsToInts(out, src, FloatEnv.ZERO, e);
                dual(out, 1, 0);
                break;
            case CVTPI2PS:
                single(out, 0, SoftF32.fromInt32(single(src, 0), e));
                single(out, 1, SoftF32.fromInt32(single(src, 1), e));
                dual(out, 1, dual(dst, 1));
                break;
            case CVTPS2PI:
                singlesToInts(out, src, 2, e.rounding, e);
                break;
            case CVTTPS2PI:
                singlesToInts(out, src, 2, FloatEnv.ZERO, e);
                break;
            case CVTPD2PI:
                dualsToInts(out, src, e.rounding, e);
                break;
            default:
                dualsToInts(out, src, FloatEnv.ZERO, e);
                break;
        }
    }

    private static void singlesToInts(long out, long src, int count, int mode, FloatEnv e) {
        for (int n = 0; n < count; n++) {
            single(out, n, SoftF32.toInt32(single(src, n), mode, e));
        }
    }

    private static void dualsToInts(long out, long src, int mode, FloatEnv e) {
        single(out, 0, SoftF64.toInt32(dual(src, 0), mode, e));
        single(out, 1, SoftF64.toInt32(dual(src, 1), mode, e));
    }
}
