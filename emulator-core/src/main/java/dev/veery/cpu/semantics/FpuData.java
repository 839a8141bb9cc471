package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** Loads, stores, exchanges and constants (SDM vol. 1, sections 8.3.3 and 8.3.4). */
public final class FpuData {
    private static final long ONE_SIG = SoftF80.TOP;

    // FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: cut to 64 bits, with whether nearest rounds up.
    private static final long[] CONSTANT = {
        ONE_SIG,
        0xd49a_784b_cd1b_8afeL,
        0xb8aa_3b29_5c17_f0bbL,
        0xc90f_daa2_2168_c234L,
        0x9a20_9a84_fbcf_f798L,
        0xb172_17f7_d1cf_79abL,
        0
    };
    private static final int[] CONSTANT_EXPONENT = {0x3fff, 0x4000, 0x3fff, 0x4000, 0x3ffd, 0x3ffe, 0};
    private static final boolean[] CONSTANT_UP = {false, false, true, true, true, true, false};

    private FpuData() {}

    private static void pushResult(CpuState s, FloatEnv e) {
        // A denormal is loaded whether or not DE is masked.
        if (Fpu.finish(s, e) || (e.flags & FloatEnv.IE) == 0) {
            Fpu.push(s, e);
        }
    }

    /** FLD ST(i). */
    public static void load(CpuState s, int i) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, i)) {
            Fpu.underflow(e);
        } else if (!Fpu.empty(s, 7)) {
            Fpu.overflow(e);
        } else {
            SoftF80.set(e, Fpu.sig(s, i), Fpu.signExp(s, i));
        }
        pushResult(s, e);
    }

    /** FLD1 and the other constants, by the low three bits of their opcode; rounded, but never inexact. */
    public static void loadConstant(CpuState s, int n) {
        FloatEnv e = Fpu.begin(s);
        if (!Fpu.empty(s, 7)) {
            Fpu.overflow(e);
        } else {
            boolean up =
                    e.rounding == FloatEnv.UP ? n >= 1 && n <= 5 : e.rounding == FloatEnv.NEAREST && CONSTANT_UP[n];
            SoftF80.set(e, CONSTANT[n] + (up ? 1 : 0), CONSTANT_EXPONENT[n]);
        }
        pushResult(s, e);
    }

    /** FLD m32fp and m64fp, FILD m16int and m32int: {@code kind} as in {@link FpuArith}. */
    public static void loadMemory(CpuState s, Mmu m, int kind, long ea) {
        FloatEnv e = Fpu.begin(s);
        FpuArith.load(m, kind, ea, e);
        if (!Fpu.empty(s, 7)) {
            Fpu.overflow(e);
        } else {
            SoftF80Convert.load(e);
        }
        pushResult(s, e);
    }

    /** FILD m64int. */
    public static void loadInt64(CpuState s, Mmu m, long ea) {
        FloatEnv e = Fpu.begin(s);
        SoftF80Convert.fromInt(m.load64(ea), e);
        pushLoaded(s, e);
    }

    /** FLD m80fp: any encoding, as it is. */
    public static void load80(CpuState s, Mmu m, long ea) {
        FloatEnv e = Fpu.begin(s);
        long t = s.base + CpuState.SCRATCH;
        m.loadBytes(ea, t, 10);
        SoftF80.set(e, OffHeap.getLong(t), OffHeap.getChar(t + 8));
        pushLoaded(s, e);
    }

    /** FBLD. */
    public static void loadBcd(CpuState s, Mmu m, long ea) {
        FloatEnv e = Fpu.begin(s);
        long t = s.base + CpuState.SCRATCH;
        m.loadBytes(ea, t, 10);
        SoftF80Convert.fromBcd(OffHeap.getLong(t), OffHeap.getChar(t + 8), e);
        pushLoaded(s, e);
    }

    private static void pushLoaded(CpuState s, FloatEnv e) {
        if (!Fpu.empty(s, 7)) {
            Fpu.overflow(e);
        }
        pushResult(s, e);
    }

    /** FST ST(i) and FSTP ST(i). */
    public static void store(CpuState s, int i, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            SoftF80.set(e, Fpu.sig(s, 0), Fpu.signExp(s, 0));
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, i, e);
            if (pop) {
                Fpu.pop(s);
            }
        }
    }

    /** D9 D8 to DF: as FSTP ST(i), but an empty ST(0) is no stack fault and leaves the destination alone. */
    public static void storeUnchecked(CpuState s, int i) {
        Fpu.setC1(s, false);
        if (!Fpu.empty(s, 0)) {
            Fpu.write(s, i, Fpu.sig(s, 0), Fpu.signExp(s, 0));
        }
        Fpu.pop(s);
    }

    private static void stored(CpuState s, FloatEnv e, boolean pop) {
        boolean done = Fpu.storable(e);
        if (!done) {
            // Unmasked overflow and underflow leave the rounding to the handler.
            e.flags &= ~FloatEnv.PE;
            e.roundedUp = false;
        }
        Fpu.finish(s, e);
        if (done && pop) {
            Fpu.pop(s);
        }
    }

    /** FST m32fp and FSTP m32fp. */
    public static void storeF32(CpuState s, Mmu m, long ea, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        int v = SoftF32.INDEFINITE;
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            v = SoftF80Convert.toF32(Fpu.sig(s, 0), Fpu.signExp(s, 0), e);
        }
        if (Fpu.storable(e)) {
            m.store32(ea, v);
        }
        stored(s, e, pop);
    }

    /** FST m64fp and FSTP m64fp. */
    public static void storeF64(CpuState s, Mmu m, long ea, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        long v = SoftF64.INDEFINITE;
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            v = SoftF80Convert.toF64(Fpu.sig(s, 0), Fpu.signExp(s, 0), e);
        }
        if (Fpu.storable(e)) {
            m.store64(ea, v);
        }
        stored(s, e, pop);
    }

    /** FSTP m80fp. */
    public static void store80(CpuState s, Mmu m, long ea) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            SoftF80.set(e, Fpu.sig(s, 0), Fpu.signExp(s, 0));
        }
        if (Fpu.storable(e)) {
            storeTen(s, m, ea, e.sig, e.signExp);
        }
        stored(s, e, true);
    }

    private static void storeTen(CpuState s, Mmu m, long ea, long low, int high) {
        long t = s.base + CpuState.SCRATCH;
        OffHeap.putLong(t, low);
        OffHeap.putShort(t + 8, high);
        m.storeBytes(ea, t, 10);
    }

    /** FIST, FISTP and FISTTP. */
    public static void storeInt(CpuState s, Mmu m, int size, long ea, boolean truncate, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        long v = -1L << (8 * size - 1);
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            int mode = truncate ? FloatEnv.ZERO : e.rounding;
            v = SoftF80Convert.toInt(Fpu.sig(s, 0), Fpu.signExp(s, 0), 8 * size, mode, e);
        }
        if (Fpu.storable(e)) {
            if (size == 2) {
                m.store16(ea, v);
            } else if (size == 4) {
                m.store32(ea, v);
            } else {
                m.store64(ea, v);
            }
        }
        stored(s, e, pop);
    }

    /** FBSTP. */
    public static void storeBcd(CpuState s, Mmu m, long ea) {
        FloatEnv e = Fpu.begin(s);
        long low = SoftF80Convert.BCD_INDEFINITE_LOW;
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
            e.signExp = SoftF80Convert.BCD_INDEFINITE_HIGH;
        } else {
            low = SoftF80Convert.toBcd(Fpu.sig(s, 0), Fpu.signExp(s, 0), e);
        }
        if (Fpu.storable(e)) {
            storeTen(s, m, ea, low, e.signExp);
        }
        stored(s, e, true);
    }

    /** FXCH. */
    public static void exchange(CpuState s, int i) {
        FloatEnv e = Fpu.begin(s);
        boolean emptyTop = Fpu.empty(s, 0);
        boolean emptyOther = Fpu.empty(s, i);
        if (emptyTop || emptyOther) {
            Fpu.underflow(e);
        }
        if (!Fpu.finish(s, e)) {
            return;
        }
        long ts = emptyTop ? SoftF80.INDEFINITE_SIG : Fpu.sig(s, 0);
        int tse = emptyTop ? SoftF80.INDEFINITE_SE : Fpu.signExp(s, 0);
        long os = emptyOther ? SoftF80.INDEFINITE_SIG : Fpu.sig(s, i);
        int ose = emptyOther ? SoftF80.INDEFINITE_SE : Fpu.signExp(s, i);
        Fpu.write(s, 0, os, ose);
        Fpu.write(s, i, ts, tse);
    }

    /** FCMOVcc; {@code cc} as Jcc encodes it. C1 changes only with a stack fault. */
    public static void move(CpuState s, int cc, int i) {
        FloatEnv e = Fpu.begin(s);
        boolean taken = Flags.condition(s, cc);
        if (Fpu.empty(s, 0) || Fpu.empty(s, i)) {
            Fpu.underflow(e);
        } else {
            e.roundedUp = Fpu.c1(s);
            SoftF80.set(e, Fpu.sig(s, taken ? i : 0), Fpu.signExp(s, taken ? i : 0));
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 0, e);
        }
    }

    /** FCHS and FABS: no operand is invalid. */
    public static void sign(CpuState s, boolean absolute) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            int se = Fpu.signExp(s, 0);
            SoftF80.set(e, Fpu.sig(s, 0), absolute ? se & ~SoftF80.SIGN : se ^ SoftF80.SIGN);
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 0, e);
        }
    }

    /** FXAM: the class goes to C3, C2 and C0, the sign to C1. */
    public static void examine(CpuState s) {
        long sig = Fpu.sig(s, 0);
        int se = Fpu.signExp(s, 0);
        int c;
        if (Fpu.empty(s, 0)) {
            c = Fpu.C3 | Fpu.C0;
        } else if (SoftF80.isUnsupported(sig, se)) {
            c = 0;
        } else if (SoftF80.isNan(sig, se)) {
            c = Fpu.C0;
        } else if (SoftF80.isInfinity(sig, se)) {
            c = Fpu.C2 | Fpu.C0;
        } else if (sig == 0) {
            c = Fpu.C3;
        } else if (SoftF80.isDenormal(sig, se)) {
            c = Fpu.C3 | Fpu.C2;
        } else {
            c = Fpu.C2;
        }
        Fpu.setConditions(s, c);
        Fpu.setC1(s, (se & SoftF80.SIGN) != 0);
    }

    /** FFREE, and FFREEP with the pop. */
    public static void free(CpuState s, int i, boolean pop) {
        Fpu.free(s, i);
        Fpu.setC1(s, false);
        if (pop) {
            Fpu.pop(s);
        }
    }

    /** FINCSTP and FDECSTP: the tags stay. */
    public static void rotate(CpuState s, int by) {
        Fpu.setTop(s, Fpu.top(s) + by);
        Fpu.setC1(s, false);
    }
}
