package dev.veery.cpu.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.FloatEnv;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SoftFloatTest {
    private static final int MXCSR = 0x1f80;
    private static final int DAZ = 1 << 6;
    private static final int FTZ = 1 << 15;
    private static final long SNAN = 0x7ff0_0000_0000_0001L;
    private static final long QNAN = 0x7ff8_0000_0000_0002L;
    private static final long ONE = bits(1);
    private static final long MIN_NORMAL = bits(Double.MIN_NORMAL);

    private final FloatEnv e = new FloatEnv();

    private static long bits(double d) {
        return Double.doubleToRawLongBits(d);
    }

    private static double number(Random random) {
        int exponent = random.nextInt(40) - 20 + Double.MAX_EXPONENT;
        // Few significant bits now and then, so that exact results occur.
        long fraction = (random.nextLong() & -1L << random.nextInt(53)) & SoftF64.FRACTION;
        return Double.longBitsToDouble((long) exponent << 52 | fraction | random.nextLong() << 63);
    }

    @ParameterizedTest
    @ValueSource(ints = {FloatEnv.NEAREST, FloatEnv.DOWN, FloatEnv.UP, FloatEnv.ZERO})
    void everyModeRoundsTheExactResultAndReportsWhetherItHadTo(int mode) {
        Random random = new Random(mode + 1);
        RoundingMode decimal = new RoundingMode[] {
                    RoundingMode.HALF_EVEN, RoundingMode.FLOOR, RoundingMode.CEILING, RoundingMode.DOWN
                }
                [mode];
        for (int i = 0; i < 5_000; i++) {
            double a = number(random);
            double b = number(random);
            check(mode, decimal, SoftF64.add(bits(a), bits(b), with(mode)), new BigDecimal(a).add(new BigDecimal(b)));
            check(
                    mode,
                    decimal,
                    SoftF64.mul(bits(a), bits(b), with(mode)),
                    new BigDecimal(a).multiply(new BigDecimal(b)));
        }
    }

    private FloatEnv with(int mode) {
        e.useMxcsr(MXCSR | mode << 13);
        return e;
    }

    /** The result is the neighbour of the exact value that the mode asks for. */
    private void check(int mode, RoundingMode decimal, long result, BigDecimal exact) {
        BigDecimal r = new BigDecimal(Double.longBitsToDouble(result));
        int c = r.compareTo(exact);
        assertEquals(c == 0 ? 0 : FloatEnv.PE, e.flags);
        if (c == 0) {
            return;
        }
        double d = Double.longBitsToDouble(result);
        if (mode == FloatEnv.NEAREST) {
            assertEquals(exact.doubleValue(), d);
            return;
        }
        boolean up = decimal == RoundingMode.CEILING || decimal == RoundingMode.DOWN && exact.signum() < 0;
        assertTrue(up ? c > 0 : c < 0);
        BigDecimal next = new BigDecimal(up ? Math.nextDown(d) : Math.nextUp(d));
        assertTrue(up ? next.compareTo(exact) < 0 : next.compareTo(exact) > 0);
    }

    @Test
    void quotientsAndRootsMatchTheHostWhenRoundingToNearest() {
        Random random = new Random(9);
        for (int i = 0; i < 20_000; i++) {
            double a = number(random);
            double b = number(random);
            e.useMxcsr(MXCSR);
            assertEquals(bits(a / b), SoftF64.div(bits(a), bits(b), e));
            SoftCore.div(
                    e,
                    SoftF64.PREC,
                    SoftF64.EMAX,
                    a / b < 0,
                    SoftF64.exponent(bits(a)),
                    SoftF64.significand(bits(a)),
                    SoftF64.exponent(bits(b)),
                    SoftF64.significand(bits(b)));
            assertEquals(bits(a / b), SoftF64.pack(e, a / b < 0), "the long way");
            double p = Math.abs(a);
            assertEquals(bits(Math.sqrt(p)), SoftF64.sqrt(bits(p), e));
            SoftCore.sqrt(e, SoftF64.PREC, SoftF64.EMAX, SoftF64.exponent(bits(p)), SoftF64.significand(bits(p)));
            assertEquals(bits(Math.sqrt(p)), SoftF64.pack(e, false), "the long way");
        }
    }

    @Test
    void tininessIsDetectedAfterRounding() {
        e.useMxcsr(MXCSR);
        long r = SoftF64.mul(bits(Math.nextDown(1.0)), MIN_NORMAL, e);
        assertEquals(MIN_NORMAL, r, "an exact tiny value that rounds up on becoming denormal");
        assertEquals(FloatEnv.UE | FloatEnv.PE, e.flags);
        e.useMxcsr(MXCSR);
        r = SoftF64.mul(bits(Math.nextUp(1.0)), MIN_NORMAL - 1, e);
        assertEquals(MIN_NORMAL, r, "a value that is not tiny once rounded");
        assertEquals(FloatEnv.DE | FloatEnv.PE, e.flags);
    }

    @Test
    void unmaskedUnderflowIsRaisedForExactTinyResults() {
        e.useMxcsr(MXCSR);
        SoftF64.mul(MIN_NORMAL, bits(0.5), e);
        assertEquals(0, e.flags, "masked");
        e.useMxcsr(MXCSR & ~(FloatEnv.UE << 7));
        SoftF64.mul(MIN_NORMAL, bits(0.5), e);
        assertEquals(FloatEnv.UE, e.flags, "unmasked");
        assertTrue(e.unmasked());
    }

    @Test
    void theFirstNanWinsAndSignallingOnesAreInvalid() {
        e.useMxcsr(MXCSR);
        assertEquals(QNAN, SoftF64.add(QNAN, SNAN, e));
        assertEquals(FloatEnv.IE, e.flags);
        e.useMxcsr(MXCSR);
        assertEquals(SNAN | SoftF64.QUIET, SoftF64.sub(SNAN, QNAN, e));
        assertEquals(QNAN, SoftF64.div(ONE, QNAN, e));
        e.useMxcsr(MXCSR);
        assertEquals(QNAN, SoftF64.mul(QNAN, 1, e));
        assertEquals(0, e.flags, "a quiet NaN hides the denormal");
    }

    @Test
    void subtractingANanKeepsItsSign() {
        e.useMxcsr(MXCSR);
        assertEquals(QNAN, SoftF64.sub(ONE, QNAN, e));
    }

    @Test
    void zeroDividesAndInvalidsAreToldApart() {
        e.useMxcsr(MXCSR);
        assertEquals(bits(Double.NEGATIVE_INFINITY), SoftF64.div(1, bits(-0.0), e));
        assertEquals(FloatEnv.ZE, e.flags, "division by zero comes before the denormal operand");
        e.useMxcsr(MXCSR);
        assertEquals(SoftF64.INDEFINITE, SoftF64.div(0, 0, e));
        assertEquals(FloatEnv.IE, e.flags);
        e.useMxcsr(MXCSR);
        assertEquals(SoftF64.INDEFINITE, SoftF64.sqrt(bits(-1), e));
        assertEquals(bits(-0.0), SoftF64.sqrt(bits(-0.0), e));
        assertEquals(FloatEnv.IE, e.flags);
    }

    @Test
    void denormalsAreZeroUnderDazAndResultsUnderFtz() {
        e.useMxcsr(MXCSR | DAZ);
        assertEquals(ONE, SoftF64.add(ONE, 1, e));
        assertEquals(0, e.flags);
        e.useMxcsr(MXCSR | FTZ);
        assertEquals(bits(-0.0), SoftF64.mul(MIN_NORMAL, bits(-0.25), e));
        assertEquals(FloatEnv.UE | FloatEnv.PE, e.flags);
    }

    @Test
    void zeroSumIsNegativeOnlyWhenRoundingDown() {
        e.useMxcsr(MXCSR);
        assertEquals(0, SoftF64.sub(ONE, ONE, e));
        e.useMxcsr(MXCSR | FloatEnv.DOWN << 13);
        assertEquals(bits(-0.0), SoftF64.sub(ONE, ONE, e));
        assertEquals(0, SoftF64.add(0, 0, e));
    }

    @Test
    void conversionsToIntegersRoundAndDetectRange() {
        e.useMxcsr(MXCSR);
        assertEquals(2, SoftF64.toInt32(bits(2.5), FloatEnv.NEAREST, e));
        assertEquals(3, SoftF64.toInt32(bits(2.5), FloatEnv.UP, e));
        assertEquals(-3, SoftF64.toInt32(bits(-2.5), FloatEnv.DOWN, e));
        assertEquals(FloatEnv.PE, e.flags);
        e.useMxcsr(MXCSR);
        assertEquals(Integer.MIN_VALUE, SoftF64.toInt32(bits(-0x1p31), FloatEnv.ZERO, e));
        assertEquals(0, e.flags, "the most negative integer fits");
        assertEquals(Integer.MIN_VALUE, SoftF64.toInt32(bits(0x1p31 - 0.5), FloatEnv.NEAREST, e));
        assertEquals(FloatEnv.IE, e.flags, "rounding takes it out of range, and it is not inexact then");
        assertEquals(Long.MIN_VALUE, SoftF64.toInt64(QNAN, FloatEnv.ZERO, e));
        assertEquals(Long.MIN_VALUE, SoftF32.toInt64(Float.floatToRawIntBits(0x1p63f), FloatEnv.ZERO, e));
    }

    @Test
    void integersConvertByTheMode() {
        e.useMxcsr(MXCSR | FloatEnv.ZERO << 13);
        assertEquals(bits(Math.nextDown(0x1p63)), SoftF64.fromInt64(Long.MAX_VALUE, e));
        assertEquals(FloatEnv.PE, e.flags);
        e.useMxcsr(MXCSR);
        assertEquals(bits(-0x1p63), SoftF64.fromInt64(Long.MIN_VALUE, e));
        assertEquals(Float.floatToRawIntBits(16777216f), SoftF32.fromInt32(16777217, e));
        assertEquals(FloatEnv.PE, e.flags);
    }

    @Test
    void narrowingRoundsOnceAndKeepsNanPayloads() {
        e.useMxcsr(MXCSR);
        assertEquals(0x7fc0_0000 | 0x20_0000, SoftF32.fromF64(0x7ff4_0000_0000_0001L, e), "upper bits of the payload");
        assertEquals(FloatEnv.IE, e.flags);
        e.useMxcsr(MXCSR);
        assertEquals(Float.floatToRawIntBits(Float.POSITIVE_INFINITY), SoftF32.fromF64(bits(1e300), e));
        assertEquals(FloatEnv.OE | FloatEnv.PE, e.flags);
        e.useMxcsr(MXCSR | FloatEnv.DOWN << 13);
        assertEquals(Float.floatToRawIntBits(Float.MAX_VALUE), SoftF32.fromF64(bits(1e300), e));
    }

    @Test
    void roundingToIntegralKeepsTheSignOfZero() {
        e.useMxcsr(MXCSR);
        assertEquals(bits(-0.0), SoftF64.roundToIntegral(bits(-0.25), FloatEnv.UP, true, e));
        assertEquals(0, e.flags);
        assertEquals(bits(-1.0), SoftF64.roundToIntegral(bits(-0.25), FloatEnv.DOWN, false, e));
        assertEquals(FloatEnv.PE, e.flags);
    }

    @Test
    void simdFlagsDropWhatComesAfterAnUnmaskedInvalid() {
        e.useMxcsr(MXCSR & ~(FloatEnv.IE << 7));
        SoftF64.div(bits(1), bits(3), e);
        SoftF64.sqrt(bits(-1), e);
        assertEquals(FloatEnv.IE, e.simdFlags());
    }
}
