package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Flags;

/**
 * The eight two-operand arithmetic operations in the order of their opcodes, TEST, INC, DEC, NEG (SDM vol. 2). Each
 * returns the result and leaves its flags lazily. CMP and TEST return their first operand, so that writing the result
 * back changes nothing.
 */
public final class Alu {
    public static final int ADD = 0;
    public static final int OR = 1;
    public static final int ADC = 2;
    public static final int SBB = 3;
    public static final int AND = 4;
    public static final int SUB = 5;
    public static final int XOR = 6;
    public static final int CMP = 7;
    public static final int TEST = 8;
    public static final int INC = 9;
    public static final int DEC = 10;
    public static final int NEG = 11;
    public static final int NOT = 12;

    private Alu() {}

    /** Whether the operation writes no destination. */
    public static boolean comparesOnly(int op) {
        return op == CMP || op == TEST;
    }

    private static void flags(CpuState s, int op, long res, long a, long b) {
        s.ccOp = op;
        s.ccRes = res;
        s.ccA = a;
        s.ccB = b;
    }

    public static long add64(CpuState s, long a, long b) {
        long r = a + b;
        flags(s, Flags.ADD, r, a, b);
        return r;
    }

    public static int add32(CpuState s, int a, int b) {
        int r = a + b;
        flags(s, Flags.ADD, r, a, b);
        return r;
    }

    public static long sub64(CpuState s, long a, long b) {
        long r = a - b;
        flags(s, Flags.SUB, r, a, b);
        return r;
    }

    public static int sub32(CpuState s, int a, int b) {
        int r = a - b;
        flags(s, Flags.SUB, r, a, b);
        return r;
    }

    public static long logic64(CpuState s, long r) {
        s.ccOp = Flags.LOGIC;
        s.ccRes = r;
        return r;
    }

    public static int logic32(CpuState s, int r) {
        s.ccOp = Flags.LOGIC;
        s.ccRes = r;
        return r;
    }

    public static long inc64(CpuState s, long a) {
        long carry = Flags.carry(s) ? 1 : 0;
        long r = a + 1;
        flags(s, Flags.INC, r, a, carry);
        return r;
    }

    public static int inc32(CpuState s, int a) {
        long carry = Flags.carry(s) ? 1 : 0;
        int r = a + 1;
        flags(s, Flags.INC, r, a, carry);
        return r;
    }

    public static long dec64(CpuState s, long a) {
        long carry = Flags.carry(s) ? 1 : 0;
        long r = a - 1;
        flags(s, Flags.DEC, r, a, carry);
        return r;
    }

    public static int dec32(CpuState s, int a) {
        long carry = Flags.carry(s) ? 1 : 0;
        int r = a - 1;
        flags(s, Flags.DEC, r, a, carry);
        return r;
    }

    /** Any operation on 64-bit operands. */
    public static long op64(CpuState s, int op, long a, long b) {
        switch (op) {
            case ADD:
                return add64(s, a, b);
            case OR:
                return logic64(s, a | b);
            case ADC:
                return adc(s, a, b, 0);
            case SBB:
                return sbb(s, a, b, 0);
            case AND:
                return logic64(s, a & b);
            case SUB:
                return sub64(s, a, b);
            case XOR:
                return logic64(s, a ^ b);
            case CMP:
                sub64(s, a, b);
                return a;
            case TEST:
                logic64(s, a & b);
                return a;
            case INC:
                return inc64(s, a);
            case DEC:
                return dec64(s, a);
            case NEG:
                return sub64(s, 0, a);
            default:
                return ~a;
        }
    }

    /** Any operation on 32-bit operands. */
    public static int op32(CpuState s, int op, int a, int b) {
        switch (op) {
            case ADD:
                return add32(s, a, b);
            case OR:
                return logic32(s, a | b);
            case ADC:
                return (int) adc(s, a, b, 32);
            case SBB:
                return (int) sbb(s, a, b, 32);
            case AND:
                return logic32(s, a & b);
            case SUB:
                return sub32(s, a, b);
            case XOR:
                return logic32(s, a ^ b);
            case CMP:
                sub32(s, a, b);
                return a;
            case TEST:
                logic32(s, a & b);
                return a;
            case INC:
                return inc32(s, a);
            case DEC:
                return dec32(s, a);
            case NEG:
                return sub32(s, 0, a);
            default:
                return ~a;
        }
    }

    /**
     * Any operation on operands of 1 or 2 bytes.
     *
     * @return the result; bits above the size are arbitrary
     */
    public static long opNarrow(CpuState s, int op, int size, long x, long y) {
        int shift = 64 - 8 * size;
        long a = x << shift >> shift;
        long b = y << shift >> shift;
        long r;
        switch (op) {
            case ADD:
                r = a + b << shift >> shift;
                flags(s, Flags.ADD, r, a, b);
                return r;
            case OR:
                return logic64(s, a | b);
            case ADC:
                return adc(s, a, b, shift);
            case SBB:
                return sbb(s, a, b, shift);
            case AND:
                return logic64(s, a & b);
            case SUB:
            case CMP:
                r = a - b << shift >> shift;
                flags(s, Flags.SUB, r, a, b);
                return op == SUB ? r : a;
            case XOR:
                return logic64(s, a ^ b);
            case TEST:
                logic64(s, a & b);
                return a;
            case INC:
                r = a + 1 << shift >> shift;
                flags(s, Flags.INC, r, a, Flags.carry(s) ? 1 : 0);
                return r;
            case DEC:
                r = a - 1 << shift >> shift;
                flags(s, Flags.DEC, r, a, Flags.carry(s) ? 1 : 0);
                return r;
            case NEG:
                r = -a << shift >> shift;
                flags(s, Flags.SUB, r, 0, a);
                return r;
            default:
                return ~a;
        }
    }

    /** Any operation on operands of 1, 2, 4 or 8 bytes. */
    public static long op(CpuState s, int op, int size, long a, long b) {
        if (size == 8) {
            return op64(s, op, a, b);
        }
        return size == 4 ? op32(s, op, (int) a, (int) b) : opNarrow(s, op, size, a, b);
    }

    private static long adc(CpuState s, long a, long b, int shift) {
        boolean carry = Flags.carry(s);
        long r = a + b + (carry ? 1 : 0) << shift >> shift;
        flags(s, carry ? Flags.ADC1 : Flags.ADD, r, a, b);
        return r;
    }

    private static long sbb(CpuState s, long a, long b, int shift) {
        boolean borrow = Flags.carry(s);
        long r = a - b - (borrow ? 1 : 0) << shift >> shift;
        flags(s, borrow ? Flags.SBB1 : Flags.SUB, r, a, b);
        return r;
    }
}
