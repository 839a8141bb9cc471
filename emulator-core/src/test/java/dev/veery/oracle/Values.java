package dev.veery.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Operand values that are worth trying, mixed with random ones. */
final class Values {
    private static final long[] INTEGERS = {
        0,
        1,
        2,
        -1,
        -2,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        0x1_0000_0000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0x0f0f_0f0f_0f0f_0f0fL,
        0x8080_8080_8080_8080L,
        0x7f80_7f80_7f80_7f80L,
        0x8000_7fff_8000_7fffL,
        0x8000_0000_7fff_ffffL
    };

    /** Null, Linux's code and data at all privileges, holes, system segments, beyond the table, in the LDT there is none of. */
    private static final int[] SELECTORS = {
        0, 1, 3, 0x08, 0x0b, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x32, 0x33,
        0x3b, 0x40, 0x43, 0x4b, 0x53, 0x63, 0x80, 0x83, 0xfffb, 4, 7, 0x2f
    };

    private static final int[] SINGLES = {
        0,
        0x8000_0000,
        1,
        0x8000_0001,
        0x007f_ffff,
        0x0040_0000,
        0x0080_0000,
        0x8080_0000,
        0x7f7f_ffff,
        0xff7f_ffff,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_0000,
        0xffc0_0000,
        0x7f80_0001,
        0xffbf_ffff,
        0x7fff_ffff,
        0x3f80_0000,
        0xbf80_0000,
        0x3f00_0000,
        0x3fc0_0000,
        0x4000_0000,
        0x4f00_0000,
        0xcf00_0000,
        0x4eff_ffff,
        0x5f00_0000,
        0xdf00_0000,
        0x4b00_0000,
        0x4b00_0001,
        0x3f7f_ffff,
        0x3f80_0001,
        0x0000_0100,
        0x4040_0000
    };

    private static final long[] DOUBLES = {
        0,
        0x8000_0000_0000_0000L,
        1,
        0x8000_0000_0000_0001L,
        0x000f_ffff_ffff_ffffL,
        0x0008_0000_0000_0000L,
        0x0010_0000_0000_0000L,
        0x8010_0000_0000_0000L,
        0x7fef_ffff_ffff_ffffL,
        0xffef_ffff_ffff_ffffL,
        0x7ff0_0000_0000_0000L,
        0xfff0_0000_0000_0000L,
        0x7ff8_0000_0000_0000L,
        0xfff8_0000_0000_0000L,
        0x7ff0_0000_0000_0001L,
        0xfff7_ffff_ffff_ffffL,
        0x7fff_ffff_ffff_ffffL,
        0x3ff0_0000_0000_0000L,
        0xbff0_0000_0000_0000L,
        0x3fe0_0000_0000_0000L,
        0x3ff8_0000_0000_0000L,
        0x4000_0000_0000_0000L,
        0x41e0_0000_0000_0000L,
        0xc1e0_0000_0000_0000L,
        0xc1e0_0000_0020_0000L,
        0x41df_ffff_ffc0_0000L,
        0x43e0_0000_0000_0000L,
        0xc3e0_0000_0000_0000L,
        0x4330_0000_0000_0001L,
        0x3fef_ffff_ffff_ffffL,
        0x3ff0_0000_0000_0001L,
        0x47ef_ffff_e000_0000L,
        0x47ef_ffff_f000_0000L,
        0x3810_0000_0000_0000L,
        0x380f_ffff_ffff_ffffL,
        0x36a0_0000_0000_0000L,
        0x3690_0000_0000_0000L
    };

    private static final long[] SIGNIFICANDS = {
        0x8000_0000_0000_0000L,
        0xc000_0000_0000_0000L,
        0xffff_ffff_ffff_ffffL,
        0x8000_0000_0000_0001L,
        0xbfff_ffff_ffff_ffffL,
        0xffff_ffff_ffff_f800L,
        0x8000_0000_0000_0400L,
        0xffff_ff00_0000_0000L,
        0x8000_0080_0000_0000L,
        0x7fff_ffff_ffff_ffffL,
        0x4000_0000_0000_0000L,
        1,
        0
    };

    private static final int[] EXPONENTS = {
        0, 1, 2, 0x3fff, 0x3ffe, 0x4000, 0x4001, 0x7ffe, 0x7fff, 0x3c00, 0x3c01, 0x43fe, 0x43ff, 0x3f80, 0x3f81, 0x407e,
        0x407f, 0x401e, 0x401d, 0x403e, 0x403d, 0x400e, 0x3fbf, 0x3fc0, 0x4040, 0x4070, 0x3bcd, 0x3f6a, 0x3fdf
    };

    private final SplittableRandom r;

    Values(SplittableRandom r) {
        this.r = r;
    }

    boolean chance(int percent) {
        return r.nextInt(100) < percent;
    }

    int below(int bound) {
        return r.nextInt(bound);
    }

    long random() {
        return r.nextLong();
    }

    long integer() {
        switch (r.nextInt(4)) {
            case 0:
                return INTEGERS[r.nextInt(INTEGERS.length)];
            case 1:
                return (1L << r.nextInt(64)) + r.nextInt(3) - 1;
            case 2:
                return r.nextLong() >> r.nextInt(64);
            default:
                return r.nextLong();
        }
    }

    int selector() {
        return SELECTORS[r.nextInt(SELECTORS.length)];
    }

    int codeSelector() {
        return chance(70) ? chance(50) ? Layout.CS32 : Layout.CS64 : selector();
    }

    int stackSelector() {
        return chance(80) ? Layout.SS : selector();
    }

    int single() {
        switch (r.nextInt(4)) {
            case 0:
                return SINGLES[r.nextInt(SINGLES.length)];
            case 1:
                // Near one, so that sums cancel and integers round.
                return r.nextInt() & 0x807f_ffff | 0x3f80_0000 + (r.nextInt(60) - 30 << 23);
            case 2:
                return Float.floatToRawIntBits((float) (r.nextInt(2001) - 1000) / (1 << r.nextInt(4)));
            default:
                return r.nextInt();
        }
    }

    long real() {
        switch (r.nextInt(4)) {
            case 0:
                return DOUBLES[r.nextInt(DOUBLES.length)];
            case 1:
                return r.nextLong() & 0x800f_ffff_ffff_ffffL
                        | 0x3ff0_0000_0000_0000L + ((long) r.nextInt(130) - 65 << 52);
            case 2:
                return Double.doubleToRawLongBits((double) (r.nextInt(20001) - 10000) / (1 << r.nextInt(4)));
            default:
                return r.nextLong();
        }
    }

    /** Significand of an 80-bit number. */
    long significand() {
        switch (r.nextInt(4)) {
            case 0:
                return SIGNIFICANDS[r.nextInt(SIGNIFICANDS.length)];
            case 1:
                return Long.MIN_VALUE | (long) r.nextInt() << 32 & Long.MAX_VALUE;
            case 2:
                return Long.MIN_VALUE | r.nextLong() << r.nextInt(64);
            default:
                return (chance(95) ? Long.MIN_VALUE : 0) | r.nextLong();
        }
    }

    /** Sign and exponent of an 80-bit number. */
    int signExponent() {
        int sign = r.nextBoolean() ? 0x8000 : 0;
        switch (r.nextInt(3)) {
            case 0:
                return sign | EXPONENTS[r.nextInt(EXPONENTS.length)];
            case 1:
                return sign | 0x3fff + r.nextInt(140) - 70;
            default:
                return sign | (chance(80) ? 0x3fff + r.nextInt(6) - 3 : r.nextInt(0x8000));
        }
    }

    /** Fills bytes with numbers of one type: i, s, d, x (10 bytes each) or b (packed decimal). */
    void fill(byte[] to, int offset, int length, char type) {
        ByteBuffer b = ByteBuffer.wrap(to, offset, length).order(ByteOrder.LITTLE_ENDIAN);
        int step = type == 's' ? 4 : type == 'x' || type == 'b' ? 10 : 8;
        while (b.remaining() >= step) {
            switch (type) {
                case 's':
                    b.putInt(single());
                    break;
                case 'd':
                    b.putLong(real());
                    break;
                case 'x':
                    b.putLong(significand()).putShort((short) signExponent());
                    break;
                case 'b':
                    decimal(b);
                    break;
                default:
                    b.putLong(integer());
                    break;
            }
        }
        while (b.hasRemaining()) {
            b.put((byte) r.nextInt());
        }
    }

    private void decimal(ByteBuffer b) {
        for (int i = 0; i < 9; i++) {
            b.put((byte) (r.nextInt(10) | r.nextInt(10) << 4));
        }
        b.put((byte) (r.nextBoolean() ? 0x80 : 0));
    }

    char anyType() {
        return "iisdix".charAt(r.nextInt(6));
    }
}
