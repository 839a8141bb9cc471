package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;

/** The decimal adjustments of AL and AX (SDM vol. 2: DAA, DAS, AAA, AAS, AAM, AAD). Not valid in 64-bit mode. */
public final class Decimal {
    private static final int AL = CpuState.GPR;
    private static final int AH = CpuState.GPR + 1;

    private Decimal() {}

    private static int al(CpuState s) {
        return OffHeap.getByte(s.base + AL) & 0xff;
    }

    private static int szp(int result) {
        byte r = (byte) result;
        return (r == 0 ? Cr.ZF : 0) | (r < 0 ? Cr.SF : 0) | (Flags.parity(r) ? Cr.PF : 0);
    }

    private static void adjust(CpuState s, int sign) {
        int f = s.flags();
        int old = al(s);
        int r = old;
        int out = 0;
        if ((old & 15) > 9 || (f & Cr.AF) != 0) {
            r += 6 * sign;
            boolean wrapped = r < 0 || r > 0xff;
            out |= Cr.AF | ((f & Cr.CF) != 0 || wrapped ? Cr.CF : 0);
        }
        if (old > 0x99 || (f & Cr.CF) != 0) {
            r += 0x60 * sign;
            out |= Cr.CF;
        } else if (sign > 0) {
            // DAA decides CF by the second test alone; DAS keeps the borrow of the first.
            out &= ~Cr.CF;
        }
        OffHeap.putByte(s.base + AL, r);
        Flags.setArithmetic(s, out | szp(r));
    }

    public static void daa(CpuState s) {
        adjust(s, 1);
    }

    public static void das(CpuState s) {
        adjust(s, -1);
    }

    private static void ascii(CpuState s, int sign) {
        boolean carry = (al(s) & 15) > 9 || (s.flags() & Cr.AF) != 0;
        if (carry) {
            int ax = OffHeap.getChar(s.base + AL);
            OffHeap.putShort(s.base + AL, ax + 0x106 * sign);
        }
        int r = al(s) & 15;
        OffHeap.putByte(s.base + AL, r);
        Flags.setArithmetic(s, (carry ? Cr.AF | Cr.CF : 0) | szp(r));
    }

    public static void aaa(CpuState s) {
        ascii(s, 1);
    }

    public static void aas(CpuState s) {
        ascii(s, -1);
    }

    /** AAM; a zero base raises #DE. */
    public static void aam(CpuState s, int base) {
        if (base == 0) {
            throw s.raise(Vector.DE, 0);
        }
        int a = al(s);
        OffHeap.putByte(s.base + AH, a / base);
        OffHeap.putByte(s.base + AL, a % base);
        Flags.setArithmetic(s, szp(a % base));
    }

    public static void aad(CpuState s, int base) {
        int r = al(s) + (OffHeap.getByte(s.base + AH) & 0xff) * base & 0xff;
        OffHeap.putShort(s.base + AL, r);
        Flags.setArithmetic(s, szp(r));
    }
}
