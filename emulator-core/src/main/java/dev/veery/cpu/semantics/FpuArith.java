package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.FloatEnv;

/** Basic arithmetic and comparison (SDM vol. 1, sections 8.3.5 and 8.3.6). */
public final class FpuArith {
    /** Operations as ModRM.reg encodes them in D8h to DFh; the first operand is ST(0) whatever the destination. */
    public static final int ADD = 0;

    public static final int MUL = 1;
    public static final int COM = 2;
    public static final int COMP = 3;
    public static final int SUB = 4;
    public static final int SUBR = 5;
    public static final int DIV = 6;
    public static final int DIVR = 7;

    /** Kinds of memory operand. */
    public static final int M32 = 0;

    public static final int M64 = 1;
    public static final int I32 = 2;
    public static final int I16 = 3;

    private FpuArith() {}

    private static void compute(int op, long as, int ase, long bs, int bse, FloatEnv e) {
        switch (op) {
            case ADD:
                SoftF80.add(as, ase, bs, bse, e);
                break;
            case MUL:
                SoftF80.mul(as, ase, bs, bse, e);
                break;
            case SUB:
                SoftF80.sub(as, ase, bs, bse, e);
                break;
            case SUBR:
                SoftF80.sub(bs, bse, as, ase, e);
                break;
            case DIV:
                SoftF80.div(as, ase, bs, bse, e);
                break;
            default:
                SoftF80.div(bs, bse, as, ase, e);
                break;
        }
    }

    /** {@code ST(dst) = ST(0) op ST(src)}, then perhaps a pop. */
    public static void arith(CpuState s, int op, int src, int dst, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        if (Fpu.empty(s, 0) || Fpu.empty(s, src)) {
            Fpu.underflow(e);
        } else {
            compute(op, Fpu.sig(s, 0), Fpu.signExp(s, 0), Fpu.sig(s, src), Fpu.signExp(s, src), e);
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, dst, e);
            if (pop) {
                Fpu.pop(s);
            }
        }
    }

    /** {@code ST(0) = ST(0) op} the memory operand, or a comparison with it. */
    public static void arithMemory(CpuState s, Mmu m, int op, int kind, long ea) {
        FloatEnv e = Fpu.begin(s);
        load(m, kind, ea, e);
        if (op == COM || op == COMP) {
            compareWith(s, e, Fpu.empty(s, 0), e.sig, e.signExp, true, op == COMP ? 1 : 0);
            return;
        }
        if (Fpu.empty(s, 0)) {
            Fpu.underflow(e);
        } else {
            compute(op, Fpu.sig(s, 0), Fpu.signExp(s, 0), e.sig, e.signExp, e);
        }
        if (Fpu.finish(s, e)) {
            Fpu.write(s, 0, e);
        }
    }

    /** Loads a memory operand into the accumulator. */
    static void load(Mmu m, int kind, long ea, FloatEnv e) {
        switch (kind) {
            case M32:
                SoftF80Convert.fromF32((int) m.load32(ea), e);
                break;
            case M64:
                SoftF80Convert.fromF64(m.load64(ea), e);
                break;
            case I32:
                SoftF80Convert.fromInt((int) m.load32(ea), e);
                break;
            default:
                SoftF80Convert.fromInt((short) m.load16(ea), e);
                break;
        }
    }

    /** FCOM, FUCOM and the forms that pop once or twice. */
    public static void compare(CpuState s, int src, boolean signalling, int pops) {
        FloatEnv e = Fpu.begin(s);
        boolean empty = Fpu.empty(s, 0) || Fpu.empty(s, src);
        compareWith(s, e, empty, Fpu.sig(s, src), Fpu.signExp(s, src), signalling, pops);
    }

    /** FTST. */
    public static void test(CpuState s) {
        FloatEnv e = Fpu.begin(s);
        compareWith(s, e, Fpu.empty(s, 0), 0, 0, true, 0);
    }

    private static void compareWith(
            CpuState s, FloatEnv e, boolean empty, long bs, int bse, boolean signalling, int pops) {
        int order = 2;
        if (empty) {
            Fpu.underflow(e);
        } else {
            order = SoftF80.compare(Fpu.sig(s, 0), Fpu.signExp(s, 0), bs, bse, signalling, e);
        }
        // The conditions are written even when an unmasked exception keeps the operands on the stack.
        boolean go = Fpu.finish(s, e);
        Fpu.setConditions(s, conditions(order));
        if (go) {
            for (int i = 0; i < pops; i++) {
                Fpu.pop(s);
            }
        }
    }

    private static int conditions(int order) {
        switch (order) {
            case -1:
                return Fpu.C0;
            case 0:
                return Fpu.C3;
            case 1:
                return 0;
            default:
                return Fpu.C0 | Fpu.C2 | Fpu.C3;
        }
    }

    /** FCOMI, FUCOMI and their popping forms. */
    public static void compareFlags(CpuState s, int src, boolean signalling, boolean pop) {
        FloatEnv e = Fpu.begin(s);
        int order = 2;
        boolean c1 = Fpu.c1(s);
        if (Fpu.empty(s, 0) || Fpu.empty(s, src)) {
            Fpu.underflow(e);
        } else {
            order = SoftF80.compare(
                    Fpu.sig(s, 0), Fpu.signExp(s, 0), Fpu.sig(s, src), Fpu.signExp(s, src), signalling, e);
        }
        boolean go = Fpu.finish(s, e);
        if ((e.flags & Fpu.SF) == 0) {
            // C1 changes only with a stack fault.
            Fpu.setC1(s, c1);
        }
        int f = order == -1 ? Cr.CF : order == 0 ? Cr.ZF : order == 1 ? 0 : Cr.ZF | Cr.PF | Cr.CF;
        s.setFlags(s.flags() & ~Cr.ARITH | f);
        if (go && pop) {
            Fpu.pop(s);
        }
    }
}
