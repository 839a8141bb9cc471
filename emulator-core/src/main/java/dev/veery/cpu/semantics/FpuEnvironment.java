package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/**
 * FNSTENV, FLDENV, FNSAVE, FRSTOR and the control and status words (SDM vol. 1, section 8.1.10). The environment has four
 * layouts: 16 or 32 bits, with pointers as selector and offset (protected mode) or as linear addresses (real and virtual-8086
 * mode).
 */
public final class FpuEnvironment {
    private static final int REGISTER_BYTES = 10;
    private static final int TAG_VALID = 0;
    private static final int TAG_ZERO = 1;
    private static final int TAG_SPECIAL = 2;
    private static final int TAG_EMPTY = 3;
    private static final int FOP_MASK = 0x7ff;

    /** Reserved halves of the 32-bit layouts are stored as ones. */
    private static final int RESERVED = 0xffff_0000;

    private FpuEnvironment() {}

    /** Bytes of the environment: 14 or 28. */
    public static int size(int operandSize) {
        return operandSize == 2 ? 14 : 28;
    }

    /** Bytes of the environment and the registers: 94 or 108. */
    public static int saveSize(int operandSize) {
        return size(operandSize) + 8 * REGISTER_BYTES;
    }

    /** The tag word in full: two bits a register, by what it holds. */
    public static int fullTags(CpuState s) {
        int valid = s.field(CpuState.FTW);
        int tags = 0;
        for (int r = 7; r >= 0; r--) {
            tags = tags << 2 | ((valid >> r & 1) == 0 ? TAG_EMPTY : tag(s, r));
        }
        return tags;
    }

    private static int tag(CpuState s, int r) {
        long sig = OffHeap.getLong(s.fpr(r));
        int exp = OffHeap.getChar(s.fpr(r) + 8) & SoftF80.EXPONENT;
        if (exp == 0) {
            return sig == 0 ? TAG_ZERO : TAG_SPECIAL;
        }
        return exp == SoftF80.EXPONENT || sig >= 0 ? TAG_SPECIAL : TAG_VALID;
    }

    private static int abridged(int tags) {
        int valid = 0;
        for (int r = 0; r < 8; r++) {
            if ((tags >> 2 * r & 3) != TAG_EMPTY) {
                valid |= 1 << r;
            }
        }
        return valid;
    }

    private static void build(CpuState s, int operandSize, long t) {
        int fcw = s.field(CpuState.FCW);
        int fsw = s.field(CpuState.FSW);
        int tags = fullTags(s);
        int fip = (int) OffHeap.getLong(s.base + CpuState.FIP);
        int fdp = (int) OffHeap.getLong(s.base + CpuState.FDP);
        int fcs = s.field(CpuState.FCS);
        int fds = s.field(CpuState.FDS);
        int fop = s.field(CpuState.FOP) & FOP_MASK;
        boolean real = !s.protectedMode();
        if (operandSize == 2) {
            OffHeap.putShort(t, fcw);
            OffHeap.putShort(t + 2, fsw);
            OffHeap.putShort(t + 4, tags);
            int ip = real ? fip + (fcs << 4) : fip;
            int dp = real ? fdp + (fds << 4) : fdp;
            OffHeap.putShort(t + 6, ip);
            OffHeap.putShort(t + 8, real ? ip >>> 4 & 0xf000 | fop : fcs);
            OffHeap.putShort(t + 10, dp);
            OffHeap.putShort(t + 12, real ? dp >>> 4 & 0xf000 : fds);
            return;
        }
        OffHeap.putInt(t, fcw | RESERVED);
        OffHeap.putInt(t + 4, fsw | RESERVED);
        OffHeap.putInt(t + 8, tags | RESERVED);
        if (real) {
            int ip = fip + (fcs << 4);
            int dp = fdp + (fds << 4);
            OffHeap.putInt(t + 12, ip & 0xffff | RESERVED);
            OffHeap.putInt(t + 16, ip >>> 16 << 12 | fop);
            OffHeap.putInt(t + 20, dp & 0xffff | RESERVED);
            OffHeap.putInt(t + 24, dp >>> 16 << 12);
        } else {
            OffHeap.putInt(t + 12, fip);
            OffHeap.putInt(t + 16, fcs & 0xffff | fop << 16);
            OffHeap.putInt(t + 20, fdp);
            OffHeap.putInt(t + 24, fds & 0xffff | RESERVED);
        }
    }

    private static void take(CpuState s, int operandSize, long t) {
        boolean real = !s.protectedMode();
        int wide = operandSize == 2 ? 2 : 4;
        s.setField(CpuState.FSW, OffHeap.getChar(t + wide));
        s.setField(CpuState.FTW, abridged(OffHeap.getChar(t + 2L * wide)));
        if (operandSize == 2) {
            int ip = OffHeap.getChar(t + 6);
            int cs = OffHeap.getChar(t + 8);
            int dp = OffHeap.getChar(t + 10);
            int ds = OffHeap.getChar(t + 12);
            if (real) {
                Fpu.setPointers(s, ip | (cs & 0xf000) << 4, 0, dp | (ds & 0xf000) << 4, 0, cs & FOP_MASK);
            } else {
                // The 16-bit protected-mode image has no opcode.
                Fpu.setPointers(s, ip, cs, dp, ds, 0);
            }
        } else if (real) {
            int high = OffHeap.getInt(t + 16);
            long ip = OffHeap.getChar(t + 12) | (high & 0x0fff_f000L) << 4;
            long dp = OffHeap.getChar(t + 20) | (OffHeap.getInt(t + 24) & 0x0fff_f000L) << 4;
            Fpu.setPointers(s, ip, 0, dp, 0, high & FOP_MASK);
        } else {
            int selector = OffHeap.getInt(t + 16);
            Fpu.setPointers(
                    s,
                    OffHeap.getInt(t + 12) & 0xffff_ffffL,
                    selector & 0xffff,
                    OffHeap.getInt(t + 20) & 0xffff_ffffL,
                    OffHeap.getChar(t + 24),
                    selector >>> 16 & FOP_MASK);
        }
        Fpu.setFcw(s, OffHeap.getChar(t));
    }

    /** FNSTENV: stores the environment, then masks all exceptions. */
    public static void storeEnvironment(CpuState s, Mmu m, int operandSize, long ea) {
        long t = s.base + CpuState.IMAGE;
        build(s, operandSize, t);
        m.storeBytes(ea, t, size(operandSize));
        Fpu.setFcw(s, s.field(CpuState.FCW) | FloatEnv.ALL);
    }

    /** FLDENV. An exception it unmasks or loads is raised by the next instruction that waits. */
    public static void loadEnvironment(CpuState s, Mmu m, int operandSize, long ea) {
        long t = s.base + CpuState.IMAGE;
        m.loadBytes(ea, t, size(operandSize));
        take(s, operandSize, t);
    }

    /** FNSAVE: stores environment and registers, then initialises. */
    public static void save(CpuState s, Mmu m, int operandSize, long ea) {
        long t = s.base + CpuState.IMAGE;
        build(s, operandSize, t);
        long r = t + size(operandSize);
        for (int i = 0; i < 8; i++, r += REGISTER_BYTES) {
            OffHeap.copy(Fpu.st(s, i), r, REGISTER_BYTES);
        }
        m.storeBytes(ea, t, saveSize(operandSize));
        Fpu.init(s);
    }

    /** FRSTOR. */
    public static void restore(CpuState s, Mmu m, int operandSize, long ea) {
        long t = s.base + CpuState.IMAGE;
        int size = saveSize(operandSize);
        m.loadBytes(ea, t, size);
        take(s, operandSize, t);
        long r = t + size(operandSize);
        for (int i = 0; i < 8; i++, r += REGISTER_BYTES) {
            long a = Fpu.st(s, i);
            OffHeap.putLong(a, OffHeap.getLong(r));
            OffHeap.putLong(a + 8, OffHeap.getChar(r + 8));
        }
    }

    /** FLDCW. */
    public static void loadControl(CpuState s, Mmu m, long ea) {
        Fpu.setFcw(s, m.load16(ea));
    }

    /** FNSTCW. */
    public static void storeControl(CpuState s, Mmu m, long ea) {
        m.store16(ea, s.field(CpuState.FCW));
    }

    /** FNSTSW m2byte. */
    public static void storeStatus(CpuState s, Mmu m, long ea) {
        m.store16(ea, s.field(CpuState.FSW));
    }

    /** FNSTSW AX. */
    public static void storeStatusAx(CpuState s) {
        OffHeap.putShort(s.base + CpuState.GPR, s.field(CpuState.FSW));
    }
}
