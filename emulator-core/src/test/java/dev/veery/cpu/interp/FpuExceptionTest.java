package dev.veery.cpu.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When x87 instructions fault, and what the environment and the state images hold. */
class FpuExceptionTest {
    private static final int ES = 1 << 7;
    private static final int BUSY = 1 << 15;
    private static final int FCW_IE_UNMASKED = 0x37e;
    private static final int MXCSR_INIT = 0x1f80;

    private final VectorBench bench = new VectorBench("max");
    private final CpuState s = bench.s;

    @BeforeEach
    void init() {
        s.mode = CpuState.CODE64 | CpuState.MODE_FLAT | CpuState.MODE_PROTECTED | CpuState.MODE_LONG;
        run(0xdb, 0xe3);
    }

    @AfterEach
    void free() {
        bench.free();
    }

    private void run(int... bytes) {
        assertEquals(VectorBench.NONE, bench.run(bytes));
    }

    private void makePending() {
        s.setField(CpuState.FCW, FCW_IE_UNMASKED);
        run(0xd9, 0xfa);
        assertEquals(ES | BUSY, s.field(CpuState.FSW) & (ES | BUSY));
    }

    @Test
    void pendingExceptionIsMathFaultWhateverNeSays() {
        makePending();
        assertEquals(Vector.MF, bench.run(0xd9, 0xe8), "fld1");
        s.cr0 &= ~Cr.CR0_NE;
        assertEquals(Vector.MF, bench.run(0x9b), "wait");
        assertEquals(Vector.MF, bench.run(0xd9, 0xd0), "fnop");
    }

    @Test
    void controlInstructionsDoNotWait() {
        makePending();
        run(0xdf, 0xe0);
        run(0xd9, 0x3e);
        run(0xdd, 0x3e);
        run(0xdb, 0xe2);
        assertEquals(Vector.MF, pendingAnd(0xd9, 0x2e), "fldcw waits");
        run(0xdb, 0xe2);
        assertEquals(0, s.field(CpuState.FSW) & (ES | BUSY), "fnclex");
    }

    private int pendingAnd(int... bytes) {
        makePending();
        return bench.run(bytes);
    }

    @Test
    void unmaskingARecordedExceptionMakesItPending() {
        run(0xd9, 0xfa);
        bench.memory(0, FCW_IE_UNMASKED);
        run(0xd9, 0x2e);
        assertEquals(Vector.MF, bench.run(0x9b));
    }

    @Test
    void deviceNotAvailableComesFirstAndWaitHeedsItOnlyWithMp() {
        makePending();
        s.cr0 |= Cr.CR0_TS;
        assertEquals(Vector.NM, bench.run(0xd9, 0xe8));
        assertEquals(Vector.NM, bench.run(0xdb, 0xe3), "fninit too");
        assertEquals(Vector.MF, bench.run(0x9b));
        s.cr0 |= Cr.CR0_MP;
        assertEquals(Vector.NM, bench.run(0x9b));
        s.cr0 &= ~Cr.CR0_TS;
        s.cr0 |= Cr.CR0_EM;
        assertEquals(Vector.NM, bench.run(0xd9, 0xe8));
        assertEquals(Vector.MF, bench.run(0x9b));
    }

    @Test
    void storeThatFaultsLeavesTheFpuAlone() {
        run(0xd9, 0xeb);
        int before = s.field(CpuState.FSW);
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 0x2000 - 2);
        assertEquals(Vector.PF, bench.run(0xd9, 0x1e), "fstp m32, inexact");
        assertEquals(Vector.PF, bench.run(0xdb, 0x3e), "fstp m80");
        assertEquals(Vector.PF, bench.run(0xdd, 0x36), "fnsave");
        assertEquals(before, s.field(CpuState.FSW));
        assertEquals(0x80, s.field(CpuState.FTW));
    }

    @Test
    void environmentGoesThereAndBackWithFullTags() {
        run(0xd9, 0xee);
        run(0xd9, 0xe8);
        run(0xd9, 0x36);
        assertEquals(0xffff_037fL, bench.memory(0) & 0xffff_ffffL);
        assertEquals(6 << 11, bench.memory(4) & 0xffff);
        assertEquals(0x4fff, bench.memory(8) & 0xffff, "7 is zero, 6 valid, the rest empty");
        run(0xdb, 0xe3);
        run(0xd9, 0x26);
        assertEquals(0xc0, s.field(CpuState.FTW));
        assertEquals(6 << 11, s.field(CpuState.FSW));
    }

    @Test
    void realModeEnvironmentHoldsLinearAddresses() {
        s.mode = CpuState.CODE16;
        s.setField(CpuState.FOP, 0x5ab);
        OffHeap.putLong(s.base + CpuState.FIP, 0x4321);
        s.setField(CpuState.FCS, 0x1000);
        run(0x66, 0xd9, 0x36);
        assertEquals(0x4321, bench.memory(6) & 0xffff);
        assertEquals(0x15ab, bench.memory(8) & 0xffff, "address bits 16 to 19 above the opcode");
        run(0x66, 0xd9, 0x26);
        assertEquals(0x14321, OffHeap.getLong(s.base + CpuState.FIP));
        assertEquals(0x5ab, s.field(CpuState.FOP));
    }

    @Test
    void savingStoresInStackOrderAndInitialises() {
        run(0xd9, 0xe8);
        run(0xd9, 0xee);
        run(0xdd, 0x36);
        assertEquals(0, bench.memory(28));
        assertEquals(Long.MIN_VALUE, bench.memory(38));
        assertEquals(0, s.field(CpuState.FTW));
        run(0xdd, 0x26);
        assertEquals(0xc0, s.field(CpuState.FTW));
        assertEquals(Long.MIN_VALUE, OffHeap.getLong(s.fpr(7)));
    }

    @Test
    void lastInstructionAndOperandAreRecorded() {
        run(0xd9, 0x06);
        assertEquals(0x106, s.field(CpuState.FOP));
        assertEquals(VectorBench.MEMORY, OffHeap.getLong(s.base + CpuState.FDP));
        run(0xd9, 0xe8);
        run(0xd9, 0x3e);
        assertEquals(0x1e8, s.field(CpuState.FOP), "fnstcw is not recorded");
        assertEquals(VectorBench.MEMORY, OffHeap.getLong(s.base + CpuState.FDP));
    }

    // FXSAVE and XSAVE.

    @Test
    void fxsaveKeepsRegistersInStackOrderAndSixteenVectors() {
        run(0xd9, 0xeb);
        run(0xd9, 0xe8);
        bench.xmm(15, 1, 2);
        bench.memory(416, 77);
        run(0x0f, 0xae, 0x06);
        assertEquals(Long.MIN_VALUE, bench.memory(32));
        assertEquals(0xc0, bench.memory(4) & 0xff, "abridged tags");
        assertEquals(2, bench.memory(160 + 15 * 16));
        assertEquals(77, bench.memory(416), "not written");
        bench.xmm(15, 0, 0);
        run(0xdb, 0xe3);
        run(0x0f, 0xae, 0x0e);
        assertEquals("0000000000000001_0000000000000002", bench.xmm(15));
        assertEquals(Long.MIN_VALUE, OffHeap.getLong(s.fpr(6)));
    }

    @Test
    void imagesMustBeAlignedAndMxcsrValid() {
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 8);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x06));
        s.setGpr(CpuState.RSI, VectorBench.MEMORY);
        bench.memory(24, 0x10000 | MXCSR_INIT);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x0e), "fxrstor");
        bench.memory(0, 0x10000);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x16), "ldmxcsr");
        assertEquals(MXCSR_INIT, s.field(CpuState.MXCSR));
    }

    private void enableXsave() {
        s.cr4 |= Cr.CR4_OSXSAVE;
        s.xcr0 = 3;
        s.setGpr(CpuState.RAX, -1);
        s.setGpr(CpuState.RDX, -1);
    }

    @Test
    void xsaveNeedsTheSystemsConsent() {
        assertEquals(Vector.UD, bench.run(0x0f, 0xae, 0x26));
        assertEquals(Vector.UD, bench.run(0x0f, 0x01, 0xd0));
        enableXsave();
        s.setGpr(CpuState.RSI, VectorBench.MEMORY + 16);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x26));
    }

    @Test
    void xsaveoptLeavesOutInitialComponentsAndXrstorInitialisesThem() {
        enableXsave();
        bench.xmm(3, 5, 6);
        bench.memory(0, 0x1111);
        bench.memory(512, 0);
        run(0x0f, 0xae, 0x36);
        assertEquals(2, bench.memory(512), "x87 is in its initial state");
        assertEquals(0x1111, bench.memory(0), "and was not written");
        assertEquals(6, bench.memory(160 + 48));
        run(0xd9, 0xe8);
        bench.xmm(3, 0, 0);
        run(0x0f, 0xae, 0x2e);
        assertEquals(0, s.field(CpuState.FTW));
        assertEquals(0, OffHeap.getLong(s.fpr(7)));
        assertEquals("0000000000000005_0000000000000006", bench.xmm(3));
    }

    @Test
    void xrstorRefusesUnknownComponentsAndContradictingHeaders() {
        enableXsave();
        bench.memory(24, MXCSR_INIT);
        bench.memory(512, 4);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x2e));
        bench.memory(512, 3);
        bench.memory(520, Long.MIN_VALUE | 1);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x2e), "SSE is there, but has no place");
        bench.memory(520, 3);
        assertEquals(Vector.GP, bench.run(0x0f, 0xae, 0x2e), "places, but not compacted");
        bench.memory(520, Long.MIN_VALUE | 3);
        run(0x0f, 0xae, 0x2e);
    }

    @Test
    void xcr0KeepsX87AndTakesOnlyWhatThereIs() {
        enableXsave();
        s.setGpr(CpuState.RCX, 0);
        s.setGpr(CpuState.RDX, 0);
        s.setGpr(CpuState.RAX, 2);
        assertEquals(Vector.GP, bench.run(0x0f, 0x01, 0xd1));
        s.setGpr(CpuState.RAX, 7);
        assertEquals(Vector.GP, bench.run(0x0f, 0x01, 0xd1));
        s.setGpr(CpuState.RAX, 1);
        run(0x0f, 0x01, 0xd1);
        assertEquals(1, s.xcr0);
        s.cpl = 3;
        assertEquals(Vector.GP, bench.run(0x0f, 0x01, 0xd1));
        run(0x0f, 0x01, 0xd0);
    }
}
