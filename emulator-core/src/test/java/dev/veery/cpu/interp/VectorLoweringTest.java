package dev.veery.cpu.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VectorLoweringTest {
    private static final int MXCSR_DM = 1 << 8;
    private static final int MXCSR_IM = 1 << 7;
    private static final int MXCSR_ROUND_UP = 2 << 13;
    private static final int FSW_ES = 1 << 7;

    private final VectorBench bench = new VectorBench("max");
    private final CpuState s = bench.s;

    @AfterEach
    void free() {
        bench.free();
    }

    private static float single(int bits) {
        return Float.intBitsToFloat(bits);
    }

    private int mxcsr() {
        return s.field(CpuState.MXCSR);
    }

    // Checks before execution, in their order.

    @Test
    void emulationAndMissingOsSupportAreUndefinedBeforeDeviceNotAvailable() {
        s.cr0 |= Cr.CR0_TS;
        assertEquals(Vector.NM, bench.run(0x0f, 0x58, 0xc1), "addps, TS");
        s.cr4 &= ~Cr.CR4_OSFXSR;
        assertEquals(Vector.UD, bench.run(0x0f, 0x58, 0xc1), "addps, TS and no OSFXSR");
        assertEquals(Vector.NM, bench.run(0x0f, 0xfc, 0xc1), "paddb mm needs no OSFXSR");
        s.cr0 |= Cr.CR0_EM;
        assertEquals(Vector.UD, bench.run(0x0f, 0xfc, 0xc1), "paddb mm, EM");
    }

    @Test
    void movntiAndCrc32IgnoreTheFpuState() {
        s.cr0 |= Cr.CR0_TS;
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xc3, 0x06), "movnti [rsi], eax");
        assertEquals(VectorBench.NONE, bench.run(0xf2, 0x0f, 0x38, 0xf1, 0xc1), "crc32 eax, ecx");
    }

    @Test
    void lockAndMissingFeaturesAreUndefined() {
        assertEquals(Vector.UD, bench.run(0xf0, 0x0f, 0x58, 0x06), "lock addps xmm0, [rsi]");
        VectorBench old = new VectorBench("qemu64,-sse4.1");
        assertEquals(Vector.UD, old.run(0x66, 0x0f, 0x38, 0x40, 0xc1), "pmulld");
        assertEquals(VectorBench.NONE, old.run(0x66, 0x0f, 0xd5, 0xc1), "pmullw");
        old.free();
    }

    @Test
    void registerFormsOfMemoryOnlyInstructionsAreUndefined() {
        assertEquals(Vector.UD, bench.run(0x0f, 0x13, 0xc1), "movlps store");
        assertEquals(Vector.UD, bench.run(0x66, 0x0f, 0x12, 0xc1), "movlpd load");
        assertEquals(Vector.UD, bench.run(0x0f, 0x2b, 0xc1), "movntps");
        assertEquals(Vector.UD, bench.run(0xf2, 0x0f, 0xf0, 0xc1), "lddqu");
        assertEquals(Vector.UD, bench.run(0x66, 0x0f, 0xd7, 0x06), "pmovmskb from memory");
    }

    @Test
    void encodingsOfOthersAreLeftToThem() {
        assertThrows(IllegalArgumentException.class, () -> bench.run(0x0f, 0xaf, 0xc1), "imul");
        assertThrows(IllegalArgumentException.class, () -> bench.run(0x0f, 0x38, 0xf0, 0x06), "movbe");
        assertThrows(IllegalArgumentException.class, () -> bench.run(0xf3, 0x0f, 0xfc, 0xc1), "F3 paddb");
    }

    @Test
    void unalignedOperandsFaultUnlessTheInstructionAllowsThem() {
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 8);
        bench.xmm(0, 1, 2);
        assertEquals(Vector.GP, bench.run(0x0f, 0x28, 0x06), "movaps");
        assertEquals(Vector.GP, bench.run(0x66, 0x0f, 0xfc, 0x06), "paddb");
        assertEquals(Vector.GP, bench.run(0x66, 0x0f, 0xe7, 0x06), "movntdq");
        assertEquals("0000000000000001_0000000000000002", bench.xmm(0));
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x11, 0x06), "movups");
        assertEquals(2, bench.memory(8));
        assertEquals(VectorBench.NONE, bench.run(0xf2, 0x0f, 0xf0, 0x0e), "lddqu");
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0x3a, 0x63, 0x06, 0), "pcmpistri");
        assertEquals("0000000000000001_0000000000000002", bench.xmm(1));
    }

    @Test
    void storeAcrossPagesWritesAllOrNothing() {
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 0x2000 - 8);
        bench.xmm(0, 1, 2);
        assertEquals(Vector.PF, bench.run(0x0f, 0x11, 0x06), "movups");
        assertEquals(0, bench.memory(0x2000 - 8));
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 0x1000 - 8);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x11, 0x06));
        assertEquals(2, bench.memory(0x1000 - 8));
        assertEquals(1, bench.memory(0x1000));
    }

    // The x87 registers under MMX.

    @Test
    void mmxReportsAPendingX87ExceptionFirst() {
        s.setField(CpuState.FSW, FSW_ES);
        assertEquals(Vector.MF, bench.run(0x0f, 0xfc, 0xc1), "paddb mm");
        assertEquals(Vector.MF, bench.run(0xf3, 0x0f, 0xd6, 0xc1), "movq2dq");
        assertEquals(Vector.MF, bench.run(0x0f, 0x77), "emms");
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0xfc, 0xc1), "paddb xmm");
    }

    @Test
    void mmxMarksAllRegistersValidAndTheWrittenOneAsNan() {
        s.setField(CpuState.FSW, 3 << 11);
        OffHeap.putLong(s.fpr(1), 0x0102030405060708L);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0xfc, 0xc1), "paddb mm0, mm1");
        assertEquals(0, s.field(CpuState.FSW));
        assertEquals(0xff, s.field(CpuState.FTW));
        assertEquals(0x0102030405060708L, OffHeap.getLong(s.fpr(0)));
        assertEquals(0xffff, OffHeap.getChar(s.fpr(0) + 8));
        assertEquals(0, OffHeap.getChar(s.fpr(1) + 8));
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x77), "emms");
        assertEquals(0, s.field(CpuState.FTW));
    }

    @Test
    void faultingMemoryOperandLeavesTheX87State() {
        s.setField(CpuState.FSW, 3 << 11);
        s.setGpr(CpuState.RSI, 0);
        assertEquals(Vector.PF, bench.run(0x0f, 0xfc, 0x06), "paddb mm0, [rsi]");
        assertEquals(3 << 11, s.field(CpuState.FSW));
        assertEquals(0, s.field(CpuState.FTW));
    }

    @Test
    void cvtpi2psFromMemoryLeavesTheX87State() {
        s.setField(CpuState.FSW, 5 << 11);
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x2a, 0x06), "cvtpi2ps xmm0, [rsi]");
        assertEquals(5 << 11, s.field(CpuState.FSW));
        assertEquals(VectorBench.NONE, bench.run(0x0f, 0x2a, 0xc1), "cvtpi2ps xmm0, mm1");
        assertEquals(0, s.field(CpuState.FSW));
    }

    // Exceptions of SIMD floating point.

    @Test
    void unmaskedExceptionLeavesTheDestination() {
        s.setField(CpuState.MXCSR, 0x1f80 & ~MXCSR_IM);
        bench.xmm(0, 0x3f800000_3f800000L, 0x3f800000_3f800000L);
        bench.xmm(1, 0x3f800000_3f800000L, 0x3f800000_7f800001L);
        assertEquals(Vector.XM, bench.run(0x0f, 0x58, 0xc1), "addps, signalling NaN");
        assertEquals("3f8000003f800000_3f8000003f800000", bench.xmm(0));
        assertEquals(1, mxcsr() & 0x3f);
        s.cr4 &= ~Cr.CR4_OSXMMEXCPT;
        assertEquals(Vector.UD, bench.run(0x0f, 0x58, 0xc1));
    }

    @Test
    void unmaskedExceptionBeforeComputingHidesThoseAfter() {
        // Element 0 is denormal, unmasked; element 1 alone would be inexact.
        s.setField(CpuState.MXCSR, 0x1f80 & ~MXCSR_DM);
        bench.xmm(0, 0, 0x3f800000_00000001L);
        bench.xmm(1, 0, 0x33000000_3f800000L);
        assertEquals(Vector.XM, bench.run(0x0f, 0x58, 0xc1), "addps");
        assertEquals(2, mxcsr() & 0x3f);
    }

    @Test
    void dotProductKeepsExceptionsOfTheStageBefore() {
        // The product underflows, masked, and rounds up to a denormal; adding it raises an unmasked #D.
        s.setField(CpuState.MXCSR, 0x1f80 & ~MXCSR_DM | MXCSR_ROUND_UP);
        bench.xmm(0, 0, 0x00ff02137f157f00L);
        bench.xmm(1, 0, 0x02028000ff803cffL);
        assertEquals(Vector.XM, bench.run(0x66, 0x0f, 0x3a, 0x41, 0xc1, 0x19), "dppd");
        assertEquals(0x32, mxcsr() & 0x3f);
    }

    @Test
    void dotProductOfDoublesPrefersTheNanOfItsOwnElement() {
        bench.xmm(0, 0, 0xa7087fff7fffffffL);
        bench.xmm(1, 0x7fffffff00000000L, 0xffff80000000ffffL);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0x3a, 0x41, 0xc1, 0xb3), "dppd");
        assertEquals("7fffffff00000000_ffff80000000ffff", bench.xmm(0));
    }

    @Test
    void dotProductOfSinglesAddsNeighboursCrosswise() {
        bench.xmm(0, 0x5f0203037fff7f00L, 0xffff0000ffff00acL);
        bench.xmm(1, 0, 0x0001000100007f50L);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0x3a, 0x40, 0xc1, 0x3e), "dpps");
        assertEquals("ffff00acffff0000_ffff00ac00000000", bench.xmm(0));
    }

    // Values.

    @Test
    void reciprocalApproximationsAreIntels() {
        bench.xmm(1, 0x3eb97c69_7e7fffffL, 0x7e800000_80000001L);
        bench.run(0x0f, 0x53, 0xc1);
        assertEquals("4030b00000800800_00000000ff800000", bench.xmm(0));
        bench.xmm(1, 0xc2000000_80000001L, 0x7f800001_3f800000L);
        bench.run(0x0f, 0x52, 0xc1);
        assertEquals("ffc00000ff800000_7fc000013f7ff000", bench.xmm(0));
    }

    @Test
    void reciprocalApproximationsKeepTheArchitecturesBound() {
        for (int n = 0; n < 4096; n++) {
            int bits = 0x3f800000 + n * 0x1003;
            bench.xmm(1, 0, bits);
            bench.run(0xf3, 0x0f, 0x53, 0xc1);
            double rcp = single((int) OffHeap.getLong(s.xmm(0))) * (double) single(bits);
            bench.run(0xf3, 0x0f, 0x52, 0xc1);
            double rsqrt = single((int) OffHeap.getLong(s.xmm(0))) * Math.sqrt(single(bits));
            assertEquals(1, rcp, 1.5 / 4096);
            assertEquals(1, rsqrt, 1.5 / 4096);
        }
    }

    @Test
    void pcmpistriFindsASubstringAndSetsFlags() {
        bench.xmm(0, 0, 0x6c6c);
        bench.xmm(1, 0, 0x6f6c6c6568L);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0x3a, 0x63, 0xc1, 0x0c), "\"ll\" in \"hello\"");
        assertEquals(2, s.gpr(CpuState.RCX));
        assertEquals(Cr.CF | Cr.ZF | Cr.SF, s.flags() & Cr.ARITH);
    }

    @Test
    void pcmpestrmSaturatesLengths() {
        bench.xmm(1, -1, -1);
        bench.xmm(2, -1, -1);
        s.setGpr(CpuState.RAX, 0x80000000L);
        s.setGpr(CpuState.RDX, -3);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0x3a, 0x60, 0xca, 0x48), "equal each, byte mask");
        assertEquals("0000000000000000_0000000000ffffff", bench.xmm(0));
        assertEquals(Cr.CF | Cr.ZF | Cr.OF, s.flags() & Cr.ARITH);
    }

    @Test
    void crc32TakesHighByteRegistersWithoutRex() {
        s.setGpr(CpuState.RAX, 0);
        s.setGpr(CpuState.RDX, 0xff00);
        assertEquals(VectorBench.NONE, bench.run(0xf2, 0x0f, 0x38, 0xf0, 0xc6), "crc32 eax, dh");
        assertEquals(0xad7d5351L, s.gpr(CpuState.RAX));
    }

    @Test
    void maskedStoreTouchesOnlySelectedBytes() {
        s.setGpr(CpuState.RDI, VectorBench.MEMORY + 0x2000 - 8);
        bench.xmm(0, 0x1111111111111111L, 0x2222222222222222L);
        bench.xmm(1, 0, 0x8000000000000080L);
        assertEquals(VectorBench.NONE, bench.run(0x66, 0x0f, 0xf7, 0xc1), "maskmovdqu, upper half beyond memory");
        assertEquals(0x2200000000000022L, bench.memory(0x2000 - 8));
        bench.xmm(1, 0x80, 0x8080);
        assertEquals(Vector.PF, bench.run(0x66, 0x0f, 0xf7, 0xc1));
        assertEquals(0x2200000000000022L, bench.memory(0x2000 - 8));
    }

    @Test
    void comissSetsThreeFlagsAndClearsTheOthers() {
        s.setFlags(Cr.OF | Cr.SF | Cr.AF);
        bench.xmm(0, 0, 0x7fc00000);
        bench.run(0x0f, 0x2e, 0xc1);
        assertEquals(Cr.ZF | Cr.PF | Cr.CF, s.flags() & Cr.ARITH);
        assertEquals(0, mxcsr() & 0x3f, "ucomiss takes a quiet NaN");
        bench.run(0x0f, 0x2f, 0xc1);
        assertEquals(1, mxcsr() & 0x3f, "comiss does not");
    }
}
