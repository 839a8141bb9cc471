package dev.veery.cpu.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** x87 instructions. Where the manual leaves room the expected bits are those of an Intel Xeon. */
class FpuLoweringTest {
    private static final int FCW = 0x37f;
    private static final int IM = 1;
    private static final int DM = 1 << 1;
    private static final int OM = 1 << 3;
    private static final int UM = 1 << 4;
    private static final int DOWN = 1 << 10;
    private static final int ZERO = 3 << 10;
    private static final int IE = 1;
    private static final int DE = 1 << 1;
    private static final int OE = 1 << 3;
    private static final int UE = 1 << 4;
    private static final int PE = 1 << 5;
    private static final int SF = 1 << 6;
    private static final int PENDING = 1 << 7 | 1 << 15;
    private static final int C0 = 1 << 8;
    private static final int C1 = 1 << 9;
    private static final int C2 = 1 << 10;
    private static final int C3 = 1 << 14;
    private static final int TOP = 7 << 11;
    private static final long ONE = Long.MIN_VALUE;
    private static final int BIAS = 16383;

    private final VectorBench bench = new VectorBench("max");
    private final CpuState s = bench.s;

    @BeforeEach
    void init() {
        s.mode = CpuState.CODE64 | CpuState.MODE_FLAT | CpuState.MODE_PROTECTED | CpuState.MODE_LONG;
        assertEquals(VectorBench.NONE, bench.run(0xdb, 0xe3), "fninit");
        s.setFlags(0);
    }

    @AfterEach
    void free() {
        bench.free();
    }

    private void push(int se, long sig) {
        bench.memory(0x100, sig);
        bench.memory(0x108, se);
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 0x100);
        assertEquals(VectorBench.NONE, bench.run(0xdb, 0x2e), "fld m80");
        s.setGpr(CpuState.RSI, VectorBench.MEMORY);
    }

    private void run(int... bytes) {
        assertEquals(VectorBench.NONE, bench.run(bytes));
    }

    private int fsw() {
        return s.field(CpuState.FSW);
    }

    private String st(int i) {
        long a = s.fpr((fsw() >> 11) + i & 7);
        return String.format("%04x.%016x", (int) OffHeap.getChar(a + 8), OffHeap.getLong(a));
    }

    private void fcw(int value) {
        s.setField(CpuState.FCW, value);
    }

    // The stack.

    @Test
    void pushingOntoAFullStackIsInvalidWithC1() {
        for (int i = 0; i < 8; i++) {
            run(0xd9, 0xe8);
        }
        assertEquals(0, fsw());
        run(0xd9, 0xeb);
        assertEquals(IE | SF | C1 | TOP, fsw());
        assertEquals("ffff.c000000000000000", st(0));
    }

    @Test
    void unmaskedStackOverflowChangesNothingButTheStatus() {
        for (int i = 0; i < 8; i++) {
            run(0xd9, 0xe8);
        }
        fcw(FCW & ~IM);
        run(0xd9, 0xeb);
        assertEquals(IE | SF | C1 | PENDING, fsw());
        assertEquals("3fff.8000000000000000", st(0));
    }

    @Test
    void loadingAnEmptyRegisterOverAFullOneIsAnUnderflow() {
        s.setField(CpuState.FTW, 0xfe);
        run(0xd9, 0xc0);
        assertEquals(IE | SF | TOP, fsw());
    }

    @Test
    void underflowOfAStoreWritesTheIndefinite() {
        run(0xdb, 0x16);
        assertEquals(0x8000_0000L, bench.memory(0));
        assertEquals(IE | SF, fsw());
        bench.memory(0, 0);
        fcw(FCW & ~IM);
        run(0xdb, 0x16);
        assertEquals(0, bench.memory(0), "unmasked: not stored");
    }

    @Test
    void undocumentedStoreIgnoresAnEmptyTop() {
        s.setField(CpuState.FTW, 0x80);
        s.setField(CpuState.FSW, C1);
        OffHeap.putLong(s.fpr(7), 5);
        run(0xd9, 0xdf);
        assertEquals(5, OffHeap.getLong(s.fpr(7)));
        assertEquals(1 << 11, fsw());
    }

    @Test
    void freeingClearsC1AndConditionalMovesKeepIt() {
        push(BIAS, ONE);
        push(BIAS, ONE);
        s.setField(CpuState.FSW, fsw() | C1);
        run(0xda, 0xc1);
        assertEquals(C1, fsw() & C1);
        run(0xdd, 0xc1);
        assertEquals(0, fsw() & C1);
    }

    // Arithmetic.

    @Test
    void precisionControlNarrowsTheSignificandAndNotTheExponent() {
        push(0x7ffe, ONE);
        push(BIAS - 30, ONE);
        fcw(FCW & ~0x300);
        run(0xd8, 0xc1);
        assertEquals("7ffe.8000000000000000", st(0));
        assertEquals(PE, fsw() & 0x3f);
    }

    @Test
    void reverseFormsSubtractFromTheTopWhateverTheDestination() {
        push(BIAS, ONE);
        push(BIAS + 1, ONE);
        run(0xdc, 0xe1);
        assertEquals("3fff.8000000000000000", st(1), "ST(1) = ST(0) - ST(1)");
        run(0xdc, 0xe9);
        assertEquals("bfff.8000000000000000", st(1), "ST(1) = ST(1) - ST(0)");
    }

    @Test
    void unsupportedEncodingsAreInvalid() {
        push(BIAS, 1);
        run(0xd9, 0xfa);
        assertEquals("ffff.c000000000000000", st(0));
        assertEquals(IE, fsw() & 0x3f);
    }

    @Test
    void quietNanWinsOverSignallingAndLargerSignificandOverSmaller() {
        push(0x7fff, 0xc000_0000_0000_0001L);
        push(0x7fff, 0xb000_0000_0000_0000L);
        run(0xd8, 0xc1);
        assertEquals("7fff.c000000000000001", st(0));
        assertEquals(IE, fsw() & 0x3f);
        push(0xffff, 0xc000_0000_0000_0002L);
        run(0xd8, 0xc1);
        assertEquals("ffff.c000000000000002", st(0));
    }

    @Test
    void unmaskedUnderflowToARegisterAdjustsTheBias() {
        push(1, ONE);
        fcw(FCW & ~UM);
        run(0xd8, 0xc8);
        assertEquals(UE | PENDING, fsw() & ~TOP);
        assertEquals("2003.8000000000000000", st(0));
    }

    @Test
    void unmaskedOverflowInAStoreIsNotInexactToo() {
        push(0x7ff0, -1L);
        fcw(FCW & ~OM);
        bench.memory(0, 7);
        run(0xd9, 0x1e);
        assertEquals(OE | PENDING | TOP, fsw());
        assertEquals(7, bench.memory(0));
    }

    @Test
    void denormalOperandInMemoryIsSeenInItsOwnFormat() {
        push(BIAS, ONE);
        bench.memory(0, 1);
        run(0xd8, 0x06);
        assertEquals(DE | PE, fsw() & 0x3f);
    }

    @Test
    void denormalIsLoadedEvenWhenItsExceptionIsUnmasked() {
        fcw(FCW & ~DM);
        bench.memory(0, 1);
        run(0xd9, 0x06);
        assertEquals(DE | PENDING | TOP, fsw());
        assertEquals("3f6a.8000000000000000", st(0));
    }

    // Comparison.

    @Test
    void conditionsAreWrittenWhenTheExceptionIsUnmaskedButNothingIsPopped() {
        push(BIAS, ONE);
        push(0x7fff, 0xc000_0000_0000_0000L);
        fcw(FCW & ~IM);
        run(0xde, 0xd9);
        assertEquals(IE | C0 | C2 | C3 | PENDING | 6 << 11, fsw());
    }

    @Test
    void flagComparisonsKeepC1AndWriteFlagsEvenWhenUnmasked() {
        push(BIAS, ONE);
        push(0, 1);
        fcw(FCW & ~DM);
        s.setField(CpuState.FSW, fsw() | C1);
        s.setFlags(Cr.OF);
        run(0xdb, 0xf1);
        assertEquals(Cr.CF | Cr.FLAGS_FIXED, s.flags());
        assertEquals(C1, fsw() & C1);
    }

    // Functions.

    @Test
    void remainderReportsTheQuotientAndSteps() {
        push(BIAS + 1, ONE);
        push(BIAS + 4, 0xb800_0000_0000_0000L);
        run(0xd9, 0xf8);
        assertEquals("3fff.8000000000000000", st(0), "23 mod 2");
        assertEquals(C1 | C3, fsw() & (C0 | C1 | C2 | C3), "quotient 11, low bits 011");
        push(BIAS + 100, ONE | 1);
        run(0xd9, 0xf8);
        assertEquals(C2, fsw() & (C0 | C1 | C2 | C3), "to be continued");
    }

    @Test
    void remainderWithoutAQuotientKeepsTheConditionsButC2() {
        s.setField(CpuState.FSW, C0 | C2 | C3);
        run(0xd9, 0xf8);
        assertEquals(IE | SF | C0 | C3, fsw());
    }

    @Test
    void remainderByInfinityAndScalingByZeroRaiseNoUnderflow() {
        fcw(FCW & ~UM);
        push(0x7fff, ONE);
        push(0, 0x1234);
        run(0xd9, 0xf5);
        assertEquals(DE, fsw() & 0x3f);
        push(0, 0);
        run(0xd9, 0xc9);
        run(0xd9, 0xfd);
        assertEquals(DE, fsw() & 0x3f);
        assertEquals("0000.0000000000001234", st(0));
    }

    @Test
    void scalingBeyondAdjustmentSaturatesAndIsInexact() {
        fcw(FCW & ~UM);
        push(BIAS + 40, ONE);
        run(0xd9, 0xe0);
        push(BIAS, ONE);
        run(0xd9, 0xfd);
        assertEquals("0000.0000000000000000", st(0));
        assertEquals(UE | PE, fsw() & 0x3f);
    }

    @Test
    void integersRoundByTheControlWordAndTruncateWithFisttp() {
        push(0xc000, 0xb000_0000_0000_0000L);
        run(0xdf, 0x16);
        assertEquals(0xfffd, bench.memory(0) & 0xffff, "fist -2.75");
        run(0xdf, 0x0e);
        assertEquals(0xfffe, bench.memory(0) & 0xffff, "fisttp");
        assertEquals(PE, fsw());
    }

    @Test
    void packedDecimalGoesThereAndBack() {
        bench.memory(0, 0x1234_5678_9012_3456L);
        bench.memory(8, 0x8098);
        run(0xdf, 0x26);
        run(0xdf, 0x76, 0x40);
        assertEquals(0x1234_5678_9012_3456L, bench.memory(0x40));
        assertEquals(0x8098, bench.memory(0x48) & 0xffff);
    }

    @Test
    void constantsRoundByTheModeWithoutBeingInexact() {
        run(0xd9, 0xeb);
        assertEquals("4000.c90fdaa22168c235", st(0));
        fcw(FCW | ZERO);
        run(0xd9, 0xeb);
        assertEquals("4000.c90fdaa22168c234", st(0));
        assertEquals(0, fsw() & 0x3f);
    }

    @Test
    void sineAndCosineAreRoundedCorrectly() {
        push(BIAS, ONE);
        run(0xd9, 0xfb);
        assertEquals("3ffe.8a51407da8345c92", st(0), "cos 1");
        assertEquals("3ffe.d76aa47848677021", st(1), "sin 1");
        assertEquals(PE, fsw() & 0x3f);
    }

    @Test
    void largeAnglesAreReducedByTheProcessorsPi() {
        push(0x4000, 0xc90f_daa2_2168_c235L);
        run(0xd9, 0xfe);
        // Pi rounded to 64 bits exceeds the pi of 66 bits by exactly 2^-64.
        assertEquals("bfbf.8000000000000000", st(0));
    }

    @Test
    void anglesFrom2To63OnSetC2AndStay() {
        push(BIAS + 63, ONE);
        run(0xd9, 0xf2);
        assertEquals(C2 | TOP, fsw());
        assertEquals("403e.8000000000000000", st(0));
    }

    @Test
    void sineOfATinyAngleIsItselfWhateverTheMode() {
        fcw(FCW | DOWN);
        push(0xbfba, 0xd7f0_19de_f65d_ffffL);
        run(0xd9, 0xfe);
        assertEquals("bfba.d7f019def65dffff", st(0));
        assertEquals(PE, fsw() & (0x3f | C1));
    }

    @Test
    void logarithmOfAPowerOfTwoIsCalledInexact() {
        push(BIAS, ONE);
        push(BIAS + 5, ONE);
        run(0xd9, 0xf1);
        assertEquals("4001.a000000000000000", st(0));
        assertEquals(PE, fsw() & 0x3f);
    }

    @Test
    void arcTangentKnowsTheQuadrants() {
        push(0x8000, 0);
        push(0xbfff, ONE);
        run(0xd9, 0xf3);
        assertEquals("c000.c90fdaa22168c235", st(0), "atan2(-0, -1)");
        push(BIAS, ONE);
        push(0xbfff, ONE);
        run(0xd9, 0xf3);
        assertEquals("4000.96cbe3f9990e91a8", st(0), "atan2(1, -1)");
    }

    @Test
    void exponentialAndLogarithmNearZeroKeepFullPrecision() {
        push(BIAS - 40, ONE);
        run(0xd9, 0xf0);
        assertEquals("3fd6.b17217f7d20cf928", st(0), "2^(2^-40) - 1");
        push(BIAS, ONE);
        push(BIAS - 40, ONE);
        run(0xd9, 0xf9);
        assertEquals("3fd7.b8aa3b295bbb9b9e", st(0), "log2(1 + 2^-40)");
    }

    @Test
    void undefinedEncodingsRaiseUndefinedOpcode() {
        assertEquals(Vector.UD, bench.run(0xd9, 0xd1));
        assertEquals(Vector.UD, bench.run(0xd9, 0xe6));
        assertEquals(Vector.UD, bench.run(0xdb, 0xe5));
        assertEquals(Vector.UD, bench.run(0xde, 0xd8));
        assertEquals(Vector.UD, bench.run(0xd9, 0x0e));
        assertEquals(VectorBench.NONE, bench.run(0xdb, 0xe0), "feni");
        assertEquals(VectorBench.NONE, bench.run(0xd9, 0xd0), "fnop");
    }
}
