package dev.veery.cpu.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.function.LongBinaryOperator;
import org.junit.jupiter.api.Test;

/** The operations on whole longs against the same, lane by lane, as the manual's pseudocode has it. */
class PackedLanesTest {
    private static final int ROUNDS = 2000;
    private static final long[] EDGES = {
        0, -1, 0x8080808080808080L, 0x7f7f7f7f7f7f7f7fL, 0x8000800080008000L, 0x7fff7fff80008000L
    };

    private final Random random = new Random(20);

    private long operand() {
        long a = random.nextLong();
        switch (random.nextInt(4)) {
            case 0:
                return a;
            case 1:
                return EDGES[random.nextInt(EDGES.length)];
            case 2:
                return a & EDGES[random.nextInt(EDGES.length)];
            default:
                return a ^ EDGES[random.nextInt(EDGES.length)];
        }
    }

    /** Lanes of {@code width} bits, handed to {@code lane} sign-extended. */
    private void check(int op, int width, LongBinaryOperator lane) {
        for (int n = 0; n < ROUNDS; n++) {
            long a = operand();
            long b = random.nextInt(8) == 0 ? a : operand();
            long expected = 0;
            long mask = -1L >>> 64 - width;
            for (int shift = 0; shift < 64; shift += width) {
                long x = a << 64 - width - shift >> 64 - width;
                long y = b << 64 - width - shift >> 64 - width;
                expected |= (lane.applyAsLong(x, y) & mask) << shift;
            }
            assertEquals(expected, PackedLanes.apply(op, a, b), () -> "operation " + op);
        }
    }

    private static long clamp(long v, long low, long high) {
        return Math.max(low, Math.min(high, v));
    }

    @Test
    void sumsWrapOrSaturate() {
        check(PackedLanes.PADDB, 8, (x, y) -> x + y);
        check(PackedLanes.PADDW, 16, (x, y) -> x + y);
        check(PackedLanes.PADDD, 32, (x, y) -> x + y);
        check(PackedLanes.PADDQ, 64, (x, y) -> x + y);
        check(PackedLanes.PADDSB, 8, (x, y) -> clamp(x + y, -128, 127));
        check(PackedLanes.PADDSW, 16, (x, y) -> clamp(x + y, -32768, 32767));
        check(PackedLanes.PADDUSB, 8, (x, y) -> clamp((x & 0xff) + (y & 0xff), 0, 255));
        check(PackedLanes.PADDUSW, 16, (x, y) -> clamp((x & 0xffff) + (y & 0xffff), 0, 65535));
    }

    @Test
    void differencesWrapOrSaturate() {
        check(PackedLanes.PSUBB, 8, (x, y) -> x - y);
        check(PackedLanes.PSUBW, 16, (x, y) -> x - y);
        check(PackedLanes.PSUBD, 32, (x, y) -> x - y);
        check(PackedLanes.PSUBQ, 64, (x, y) -> x - y);
        check(PackedLanes.PSUBSB, 8, (x, y) -> clamp(x - y, -128, 127));
        check(PackedLanes.PSUBSW, 16, (x, y) -> clamp(x - y, -32768, 32767));
        check(PackedLanes.PSUBUSB, 8, (x, y) -> clamp((x & 0xff) - (y & 0xff), 0, 255));
        check(PackedLanes.PSUBUSW, 16, (x, y) -> clamp((x & 0xffff) - (y & 0xffff), 0, 65535));
    }

    @Test
    void comparisonsFillLanes() {
        check(PackedLanes.PCMPEQB, 8, (x, y) -> x == y ? -1 : 0);
        check(PackedLanes.PCMPEQW, 16, (x, y) -> x == y ? -1 : 0);
        check(PackedLanes.PCMPEQD, 32, (x, y) -> x == y ? -1 : 0);
        check(PackedLanes.PCMPGTB, 8, (x, y) -> x > y ? -1 : 0);
        check(PackedLanes.PCMPGTW, 16, (x, y) -> x > y ? -1 : 0);
        check(PackedLanes.PCMPGTD, 32, (x, y) -> x > y ? -1 : 0);
    }

    @Test
    void minimaAndMaximaKnowSigns() {
        check(PackedLanes.PMINUB, 8, (x, y) -> Math.min(x & 0xff, y & 0xff));
        check(PackedLanes.PMAXUB, 8, (x, y) -> Math.max(x & 0xff, y & 0xff));
        check(PackedLanes.PMINSB, 8, Math::min);
        check(PackedLanes.PMAXSB, 8, Math::max);
        check(PackedLanes.PMINUW, 16, (x, y) -> Math.min(x & 0xffff, y & 0xffff));
        check(PackedLanes.PMAXUW, 16, (x, y) -> Math.max(x & 0xffff, y & 0xffff));
        check(PackedLanes.PMINSW, 16, Math::min);
        check(PackedLanes.PMAXSW, 16, Math::max);
        check(PackedLanes.PMINUD, 32, (x, y) -> Math.min(x & 0xffff_ffffL, y & 0xffff_ffffL));
        check(PackedLanes.PMAXUD, 32, (x, y) -> Math.max(x & 0xffff_ffffL, y & 0xffff_ffffL));
        check(PackedLanes.PMINSD, 32, Math::min);
        check(PackedLanes.PMAXSD, 32, Math::max);
    }

    @Test
    void averagesRoundUpAndSignsApply() {
        check(PackedLanes.PAVGB, 8, (x, y) -> (x & 0xff) + (y & 0xff) + 1 >> 1);
        check(PackedLanes.PAVGW, 16, (x, y) -> (x & 0xffff) + (y & 0xffff) + 1 >> 1);
        check(PackedLanes.PABSB, 8, (x, y) -> Math.abs(y));
        check(PackedLanes.PABSW, 16, (x, y) -> Math.abs(y));
        check(PackedLanes.PABSD, 32, (x, y) -> Math.abs(y));
        check(PackedLanes.PSIGNB, 8, (x, y) -> x * Long.signum(y));
        check(PackedLanes.PSIGNW, 16, (x, y) -> x * Long.signum(y));
        check(PackedLanes.PSIGND, 32, (x, y) -> x * Long.signum(y));
    }

    @Test
    void productsKeepTheHalfTheirNameSays() {
        check(PackedLanes.PMULLW, 16, (x, y) -> x * y);
        check(PackedLanes.PMULHW, 16, (x, y) -> x * y >> 16);
        check(PackedLanes.PMULHUW, 16, (x, y) -> (x & 0xffff) * (y & 0xffff) >> 16);
        check(PackedLanes.PMULHRSW, 16, (x, y) -> (x * y >> 14) + 1 >> 1);
        check(PackedLanes.PMULLD, 32, (x, y) -> x * y);
    }

    @Test
    void shiftCountsAreSixtyFourBitNumbers() {
        long a = 0x8001_7ffe_c003_0001L;
        for (long count : new long[] {0, 1, 15, 16, 31, 32, 63, 64, 256, 1L << 32, -1}) {
            int c = count < 0 || count > 64 ? 64 : (int) count;
            check(a, count, PackedLanes.PSLLW, 16, x -> c < 16 ? x << c : 0);
            check(a, count, PackedLanes.PSRLW, 16, x -> c < 16 ? (x & 0xffff) >>> c : 0);
            check(a, count, PackedLanes.PSRAW, 16, x -> x >> Math.min(c, 15));
            check(a, count, PackedLanes.PSLLD, 32, x -> c < 32 ? x << c : 0);
            check(a, count, PackedLanes.PSRLD, 32, x -> c < 32 ? (x & 0xffff_ffffL) >>> c : 0);
            check(a, count, PackedLanes.PSRAD, 32, x -> x >> Math.min(c, 31));
            check(a, count, PackedLanes.PSLLQ, 64, x -> c < 64 ? x << c : 0);
            check(a, count, PackedLanes.PSRLQ, 64, x -> c < 64 ? x >>> c : 0);
        }
    }

    private static void check(long a, long count, int op, int width, java.util.function.LongUnaryOperator lane) {
        long expected = 0;
        for (int shift = 0; shift < 64; shift += width) {
            long x = a << 64 - width - shift >> 64 - width;
            expected |= (lane.applyAsLong(x) & -1L >>> 64 - width) << shift;
        }
        assertEquals(expected, PackedLanes.apply(op, a, count), () -> "operation " + op + " by " + count);
    }

    @Test
    void sumOfAbsoluteDifferencesIsExact() {
        for (int n = 0; n < ROUNDS; n++) {
            long a = operand();
            long b = operand();
            long expected = 0;
            for (int shift = 0; shift < 64; shift += 8) {
                expected += Math.abs((a >>> shift & 0xff) - (b >>> shift & 0xff));
            }
            assertEquals(expected, PackedLanes.apply(PackedLanes.PSADBW, a, b));
        }
    }
}
