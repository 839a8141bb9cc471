package dev.veery.cpu.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** VEX: SDM vol. 1, chapter 14, and vol. 2, section 2.3. */
class VexLoweringTest {
    private static final String ZERO = "0000000000000000_0000000000000000";
    private static final int ALL_STATE = 7;
    private static final int XSTATE_BV = 512;
    private static final int UPPER = 576;

    private final VectorBench bench = new VectorBench("max,+avx,+avx2,+fma,+f16c");
    private final CpuState s = bench.s;

    @BeforeEach
    void enable() {
        s.cr4 |= Cr.CR4_OSXSAVE;
        s.xcr0 = ALL_STATE;
        s.updateMode();
    }

    @AfterEach
    void free() {
        bench.free();
    }

    /** VPADDB XMM0, XMM1, XMM2. */
    private int add() {
        return bench.run(0xc5, 0xf1, 0xfc, 0xc2);
    }

    @Test
    void systemHasToEnableItsState() {
        assertEquals(VectorBench.NONE, add());
        s.cr0 |= Cr.CR0_TS;
        s.updateMode();
        assertEquals(Vector.NM, add(), "TS");
        s.xcr0 = 3;
        s.updateMode();
        assertEquals(Vector.UD, add(), "XCR0 without AVX");
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe2, 0x70, 0xf2, 0xc2), "andn eax, ecx, edx");
        bench.realMode();
        assertEquals(Vector.UD, bench.run(0xc4, 0xe2, 0x70, 0xf2, 0xc2), "andn in real mode");
    }

    @Test
    void fieldsOfThePrefixAreChecked() {
        assertEquals(Vector.UD, bench.run(0x66, 0xc5, 0xf1, 0xfc), "66h before VEX");
        assertEquals(Vector.UD, bench.run(0x48, 0xc5, 0xf1, 0xfc), "REX before VEX");
        assertEquals(Vector.UD, bench.run(0xc5, 0xf1, 0x6f, 0xc2), "vmovdqa with vvvv");
        assertEquals(Vector.UD, bench.run(0xc5, 0xfd, 0x6e, 0xc2), "vmovd of 256 bits");
        assertEquals(Vector.UD, bench.run(0xc4, 0xe3, 0x7d, 0x00, 0xc2, 0), "vpermq without W");
        assertEquals(Vector.UD, bench.run(0xc4, 0xe4, 0x71, 0xfc), "map 4");
        VectorBench first = new VectorBench("max,+avx");
        first.s.cr4 |= Cr.CR4_OSXSAVE;
        first.s.xcr0 = ALL_STATE;
        first.s.updateMode();
        assertEquals(VectorBench.NONE, first.run(0xc5, 0xf1, 0xfc, 0xc2), "AVX has vpaddb of 128 bits");
        assertEquals(Vector.UD, first.run(0xc5, 0xf5, 0xfc, 0xc2), "AVX2 that of 256");
        first.free();
    }

    @Test
    void upperHalfGoesWithVexAndStaysWithout() {
        bench.upper(0, 1, 2);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0xfc, 0xc2), "paddb xmm0, xmm2");
        assertEquals("0000000000000001_0000000000000002", bench.upper(0));
        assertEquals(VectorBench.NONE, add());
        assertEquals(ZERO, bench.upper(0));
    }

    @Test
    void zeroUpperEndsTheUseOfUpperHalves() {
        bench.xmm(15, 3, 4);
        bench.upper(15, 1, 2);
        assertEquals(VectorBench.NONE, bench.run(0xc5, 0xf8, 0x77), "vzeroupper");
        assertEquals(ZERO, bench.upper(15));
        assertEquals("0000000000000003_0000000000000004", bench.xmm(15));
        assertEquals(0, s.field(CpuState.YMM_IN_USE));
        assertEquals(VectorBench.NONE, bench.run(0xc5, 0xfc, 0x77), "vzeroall");
        assertEquals(ZERO, bench.xmm(15));
    }

    @Test
    void xsaveKeepsUpperHalvesAndXrstorInitialisesThem() {
        s.setGpr(CpuState.RAX, ALL_STATE);
        s.setGpr(CpuState.RDX, 0);
        bench.upper(5, 7, 9);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xae, 0x26), "xsave [rsi]");
        assertEquals(4, bench.memory(XSTATE_BV) & 4);
        assertEquals(9, bench.memory(UPPER + 16 * 5));
        bench.upper(5, -1, -1);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xae, 0x2e), "xrstor [rsi]");
        assertEquals("0000000000000007_0000000000000009", bench.upper(5));
        bench.memory(XSTATE_BV, 0);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xae, 0x2e));
        assertEquals(ZERO, bench.upper(5));
        assertEquals(0, s.field(CpuState.YMM_IN_USE));
    }

    @Test
    void xsavecLeavesOutWhatIsInitial() {
        s.setGpr(CpuState.RAX, ALL_STATE);
        s.setGpr(CpuState.RDX, 0);
        s.setField(CpuState.MXCSR, 0x3f80);
        bench.memory(UPPER, 99);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xc7, 0x26), "xsavec [rsi]");
        // MXCSR alone makes SSE's component one to save.
        assertEquals(2, bench.memory(XSTATE_BV) & 6);
        assertEquals(Long.MIN_VALUE | ALL_STATE, bench.memory(XSTATE_BV + 8));
        assertEquals(99, bench.memory(UPPER));
        bench.upper(3, 1, 1);
        s.setField(CpuState.MXCSR, 0x1f80);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xae, 0x2e), "xrstor [rsi]");
        assertEquals(ZERO, bench.upper(3));
        assertEquals(0x3f80, s.field(CpuState.MXCSR));
        bench.memory(XSTATE_BV, 0);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xae, 0x2e));
        assertEquals(0x1f80, s.field(CpuState.MXCSR));
        bench.memory(XSTATE_BV + 8, Long.MIN_VALUE | 8);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x2e), "a component that XCR0 does not have");
    }

    @Test
    void xgetbvTellsWhatIsInUse() {
        s.setGpr(CpuState.RCX, 1);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x01, 0xd0));
        assertEquals(0, s.gpr(CpuState.RAX) & 6);
        bench.upper(3, 1, 1);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x01, 0xd0));
        assertEquals(4, s.gpr(CpuState.RAX) & 6);
        s.setGpr(CpuState.RCX, 2);
        assertEquals(Vector.GP, bench.run(0x0f, 0x01, 0xd0));
    }

    @Test
    void gatherGoesOnBehindWhatItHasGathered() {
        bench.memory(0, 0x1111_1111);
        bench.memory(8, 0x2222_2222);
        bench.xmm(1, 0, 0x7fff_0000L << 32);
        bench.xmm(2, 0, -1);
        // VPGATHERDD XMM0, [RSI + XMM1 * 1], XMM2: two elements, the second far away.
        assertEquals(Vector.PF, bench.run(0xc4, 0xe2, 0x69, 0x90, 0x04, 0x0e));
        assertEquals("0000000000000000_0000000011111111", bench.xmm(0));
        assertEquals("0000000000000000_ffffffff00000000", bench.xmm(2));
        bench.xmm(1, 0, 8L << 32 | 0x7fff_0000L);
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe2, 0x69, 0x90, 0x04, 0x0e));
        assertEquals("0000000000000000_2222222211111111", bench.xmm(0));
        assertEquals(ZERO, bench.xmm(2));
        assertEquals(Vector.UD, bench.run(0xc4, 0xe2, 0x69, 0x90, 0x14, 0x0e), "destination is the mask");
    }

    @Test
    void maskedStoreLeavesOutWhatTheMaskDoes() {
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 0x2000 - 8);
        bench.xmm(1, 0, Long.MIN_VALUE);
        bench.xmm(2, 5, 6L << 32 | 7);
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe2, 0x71, 0x2e, 0x16), "vmaskmovps [rsi], xmm1, xmm2");
        assertEquals(6L << 32, bench.memory(0x2000 - 8));
        bench.xmm(1, -1, Long.MIN_VALUE);
        assertEquals(Vector.PF, bench.run(0xc4, 0xe2, 0x71, 0x2e, 0x16), "beyond the page");
    }

    @Test
    void fusedMultiplicationRoundsOnce() {
        double x = 1 + 0x1p-52;
        OffHeap.putLong(s.xmm(0), Double.doubleToRawLongBits(-(1 + 0x1p-51)));
        OffHeap.putLong(s.xmm(1), Double.doubleToRawLongBits(x));
        OffHeap.putLong(s.xmm(2), Double.doubleToRawLongBits(x));
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe2, 0xf1, 0xb9, 0xc2), "vfmadd231sd xmm0, xmm1, xmm2");
        assertEquals(0x1p-104, Double.longBitsToDouble(OffHeap.getLong(s.xmm(0))));
    }

    @Test
    void halvesRoundAsTheImmediateSays() {
        OffHeap.putInt(s.xmm(1), Float.floatToRawIntBits(1 + 0x1p-20f));
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe3, 0x79, 0x1d, 0xc8, 2), "vcvtps2ph xmm0, xmm1, up");
        assertEquals(0x3c01, OffHeap.getInt(s.xmm(0)) & 0xffff);
        assertEquals(VectorBench.NONE, bench.run(0xc4, 0xe3, 0x79, 0x1d, 0xc8, 1), "down");
        assertEquals(0x3c00, OffHeap.getInt(s.xmm(0)) & 0xffff);
    }
}
