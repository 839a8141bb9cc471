package dev.veery.testbench;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import java.util.Random;

/** Code and registers from a seed: bytes at random, or encodings that are likely to mean something. */
final class RandomCode {
    private static final int[] PREFIXES = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};

    /** Opcodes of the system: what random choice would seldom hit. */
    private static final int[][] SYSTEM = {
        {0x0f, 0x00},
        {0x0f, 0x01},
        {0x0f, 0x02},
        {0x0f, 0x03},
        {0x0f, 0x05},
        {0x0f, 0x06},
        {0x0f, 0x07},
        {0x0f, 0x20},
        {0x0f, 0x21},
        {0x0f, 0x22},
        {0x0f, 0x23},
        {0x0f, 0x30},
        {0x0f, 0x31},
        {0x0f, 0x32},
        {0x0f, 0x34},
        {0x0f, 0x35},
        {0x0f, 0xa2},
        {0x0f, 0xae},
        {0x0f, 0xb2},
        {0x0f, 0xc7},
        {0x8e},
        {0x8c},
        {0x9d},
        {0x9c},
        {0xcf},
        {0xcb},
        {0xca},
        {0xcd},
        {0xcc},
        {0xce},
        {0xf1},
        {0xea},
        {0x9a},
        {0xff},
        {0xc8},
        {0xc9},
        {0x60},
        {0x61},
        {0x62},
        {0x63},
        {0x6c},
        {0x6e},
        {0xa4},
        {0xa6},
        {0xaa},
        {0xac},
        {0xae},
        {0xc4},
        {0xc5},
        {0xfa},
        {0xfb},
        {0x1f},
        {0x17},
        {0x8f},
        {0x0f, 0xa1},
        {0xd8},
        {0xd9},
        {0xda},
        {0xdb},
        {0xdc},
        {0xdd},
        {0xde},
        {0xdf},
        {0x0f, 0x0b},
        {0x0f, 0x18},
        {0x0f, 0xaa},
    };

    private static final long[] ADDRESSES = {
        0,
        1,
        0xfff,
        0xffff,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        -1L,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Tables.DATA,
        Tables.DATA + 0xff9,
        Tables.CODE + 0x800,
        Tables.STACK,
        Tables.GDT,
        Tables.IDT,
        Tables.PT,
        TestMachine.MMIO,
        TestMachine.MMIO + 0xffc,
        TestMachine.RAM_SIZE - 4,
        TestMachine.RAM_SIZE,
        0xfee0_0000L,
        0xfec0_0000L,
        TestMachine.HIGH_RAM + 0xf_fffcL,
        0x0000_7fff_ffff_fffcL,
        0xffff_8000_0000_0000L,
        Tables.CS32,
        Tables.DS,
        Tables.CS64,
        Tables.USER_CS32,
        Tables.TR,
        Tables.TR2,
        0xc000_0080L,
        0x1b,
        0x6e0,
        0x277,
    };

    private final Random random;

    RandomCode(long seed) {
        random = new Random(seed);
    }

    int below(int n) {
        return random.nextInt(n);
    }

    /** {@code length} bytes of code. */
    byte[] code(int length) {
        byte[] code = new byte[length];
        random.nextBytes(code);
        if (random.nextBoolean()) {
            return code;
        }
        int at = 0;
        while (at < length - 16) {
            at = instruction(code, at);
        }
        return code;
    }

    private int instruction(byte[] code, int from) {
        int at = from;
        while (below(5) == 0) {
            code[at++] = (byte) PREFIXES[below(PREFIXES.length)];
            if (at > from + 3) {
                break;
            }
        }
        if (below(3) == 0) {
            code[at++] = (byte) (0x40 | below(16));
        }
        int kind = below(8);
        if (kind < 3) {
            for (int b : SYSTEM[below(SYSTEM.length)]) {
                code[at++] = (byte) b;
            }
        } else if (kind == 3) {
            code[at++] = 0x0f;
            code[at++] = (byte) (below(2) == 0 ? 0x38 : 0x3a);
            at++;
        } else if (kind < 6) {
            code[at++] = 0x0f;
            at++;
        } else {
            at++;
        }
        // What was left out is the random byte that is there: opcode, ModRM and the rest. Small displacements reach
        // RAM.
        if (below(2) == 0) {
            code[at + 1] = (byte) below(0x40);
            code[at + 2] = 0;
            code[at + 3] = 0;
            code[at + 4] = 0;
        }
        return at + 1 + below(6);
    }

    /** Registers, with flags and control bits that do not end the run at once. */
    void registers(CpuState s) {
        for (int r = 0; r < 16; r++) {
            s.setGpr(r, value());
        }
        if (below(4) != 0) {
            s.setGpr(CpuState.RSP, Tables.STACK - below(64));
        }
        if (below(3) != 0) {
            s.setGpr(CpuState.RCX, below(5000));
        }
        int flags = random.nextInt() & (Cr.ARITH | Cr.DF | Cr.IF | Cr.IOPL | Cr.AC | Cr.ID);
        if (below(16) == 0) {
            flags |= random.nextInt() & (Cr.TF | Cr.RF | Cr.NT);
        }
        s.setFlags(flags);
        if (below(8) == 0) {
            s.dr[below(4)] = value();
            s.dr7 = 0x400 | random.nextInt() & 0xffff_00ffL;
        }
        if (below(8) == 0) {
            s.cr0 ^= 1L << below(3) + 1;
        }
        if (below(4) == 0) {
            long toggled = Cr.CR4_SMEP
                    | Cr.CR4_SMAP
                    | Cr.CR4_OSXSAVE
                    | Cr.CR4_FSGSBASE
                    | Cr.CR4_UMIP
                    | Cr.CR4_VME
                    | Cr.CR4_PVI
                    | Cr.CR4_DE
                    | Cr.CR4_TSD
                    | Cr.CR4_PCE;
            s.cr4 ^= random.nextLong() & toggled;
        }
        if (below(8) == 0) {
            s.seg[Seg.FS].setBase(value());
        }
        for (int i = 0; i < 8; i++) {
            s.setField(CpuState.XMM + 64 * i, random.nextInt());
            s.setField(CpuState.FPR + 16 * i + 4, random.nextInt());
        }
    }

    private long value() {
        switch (below(4)) {
            case 0:
                return random.nextLong();
            case 1:
                return below(0x1000);
            case 2:
                return Tables.DATA + below(0x2000);
            default:
                return ADDRESSES[below(ADDRESSES.length)] + below(3) - 1;
        }
    }
}
