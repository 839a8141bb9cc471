package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.SystemFixture.CODE0;
import static dev.veery.cpu.semantics.SystemFixture.CODE3;
import static dev.veery.cpu.semantics.SystemFixture.CODE64_USER;
import static dev.veery.cpu.semantics.SystemFixture.DATA0;
import static dev.veery.cpu.semantics.SystemFixture.DATA3;
import static dev.veery.cpu.semantics.SystemFixture.IDT;
import static dev.veery.cpu.semantics.SystemFixture.STACK;
import static dev.veery.cpu.semantics.SystemFixture.STACK0;
import static dev.veery.cpu.semantics.SystemFixture.TSS_BASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SDM vol. 3, chapter 6 and section 21.3.3. */
class InterruptDeliveryTest {
    private static final int INTERRUPT_GATE = 0x8e;
    private static final int TRAP_GATE = 0x8f;

    private SystemFixture f = SystemFixture.protectedMode();

    @AfterEach
    void free() {
        f.close();
    }

    private void useLongMode() {
        f.close();
        f = SystemFixture.longMode();
    }

    private void deliver(int vector, int error) {
        f.s.raise(vector, error);
        InterruptDelivery.deliverFault(f.s, f.m, f);
    }

    @Test
    void innerExceptionPushesStackAndErrorCodeAndSetsRf() {
        f.idt(Vector.GP, CODE0, 0x3000, INTERRUPT_GATE);
        f.level(3);
        f.s.rip = 0x55;
        f.s.setFlags(Cr.IF | Cr.CF);

        deliver(Vector.GP, 0x18);

        assertEquals(0x3000, f.s.rip);
        assertEquals(STACK0 - 24, f.rsp());
        assertEquals(0x18, f.stack32(0));
        assertEquals(0x55, f.stack32(1));
        assertEquals(CODE3, f.stack32(2));
        assertEquals(Cr.IF | Cr.CF | Cr.RF | Cr.FLAGS_FIXED, f.stack32(3));
        assertEquals(STACK, f.stack32(4));
        assertEquals(DATA3, f.stack32(5));
        assertEquals(Cr.CF | Cr.FLAGS_FIXED, f.s.flags());
    }

    @Test
    void trapGateKeepsInterruptsOnAndExternalInterruptsSaveNoRf() {
        f.idt(0x40, CODE0, 0x3000, TRAP_GATE);
        f.s.setFlags(Cr.IF);

        InterruptDelivery.external(f.s, f.m, f, 0x40);

        assertEquals(Cr.IF | Cr.FLAGS_FIXED, f.stack32(2));
        assertTrue((f.s.flags() & Cr.IF) != 0);
        assertEquals(STACK - 12, f.rsp());
    }

    @Test
    void softwareInterruptChecksTheGatesLevelWithoutExt() {
        f.idt(0x80, CODE0, 0x3000, INTERRUPT_GATE);
        f.level(3);
        f.assertFault(Vector.GP, 0x80 * 8 + 2, () -> InterruptDelivery.intN(f.s, f.m, f, 0x80, 2));
        f.idt(0x80, CODE0, 0x3000, 0xee);
        InterruptDelivery.intN(f.s, f.m, f, 0x80, 2);
        assertEquals(2, f.stack32(0));
    }

    @Test
    void missingInnerStackIsAnInvalidTssWithExt() {
        f.idt(Vector.DE, CODE0, 0x3000, INTERRUPT_GATE);
        f.idt(Vector.TS, CODE0, 0x4000, INTERRUPT_GATE);
        f.put(TSS_BASE + 8, 2, 0);
        f.level(3);
        f.idt(Vector.UD, CODE0, 0x5000, INTERRUPT_GATE);
        f.assertFault(Vector.TS, 0, () -> InterruptDelivery.int3(withGate(Vector.BP, 0xee), f.m, f, 1));
    }

    private CpuState withGate(int vector, int access) {
        f.idt(vector, CODE0, 0x3000, access);
        return f.s;
    }

    @Test
    void gateNotPresentReportsTheIdtEntry() {
        f.idt(0x21, CODE0, 0x3000, 0x0e);
        f.idt(Vector.NP, CODE0, 0x4000, INTERRUPT_GATE);

        InterruptDelivery.external(f.s, f.m, f, 0x21);

        assertEquals(0x4000, f.s.rip);
        assertEquals(0x21 * 8 + 2 + 1, f.stack32(0));
    }

    /** Table 6-5: first, second, and what is delivered. */
    @ParameterizedTest
    @CsvSource({
        "0, 11, 8",
        "10, 13, 8",
        "13, 13, 8",
        "14, 14, 8",
        "14, 11, 8",
        "13, 14, 14",
        "6, 13, 13",
        "1, 14, 14",
        "3, 12, 12",
        "17, 13, 13"
    })
    void secondFaultDoublesOnlyAsTheTableSays(int first, int second, int delivered) {
        assertEquals(delivered == Vector.DF, InterruptDelivery.doubles(first, second));
    }

    @Test
    void faultWhileDeliveringAContributoryFaultIsADoubleFault() {
        f.idt(Vector.GP, CODE0, 0x3000, 0x0e);
        f.idt(Vector.DF, CODE0, 0x8000, INTERRUPT_GATE);

        deliver(Vector.GP, 0x10);

        assertEquals(0x8000, f.s.rip);
        assertEquals(0, f.stack32(0));
        assertEquals(0, f.tripleFaults);
    }

    @Test
    void faultWhileDeliveringADoubleFaultShutsDown() {
        f.s.idtLimit = 0;
        deliver(Vector.GP, 0);
        assertEquals(1, f.tripleFaults);
        assertEquals(STACK, f.rsp());
    }

    @Test
    void endlessAlignmentFaultsShutDown() {
        f.idt(Vector.UD, CODE3, 0x3000, INTERRUPT_GATE);
        f.idt(Vector.AC, CODE3, 0x3000, INTERRUPT_GATE);
        f.level(3);
        f.s.cr0 |= Cr.CR0_AM;
        Mode.setFlags(f.s, f.m, Cr.AC);
        f.s.setGpr(CpuState.RSP, STACK + 1);
        Mode.changed(f.s, f.m);

        deliver(Vector.UD, 0);

        assertEquals(1, f.tripleFaults);
    }

    @Test
    void pageFaultSetsCr2() {
        f.idt(Vector.PF, CODE0, 0x3000, INTERRUPT_GATE);
        CpuFault fault = f.s.raise(Vector.PF, 2);
        fault.address = 0xdead_b000L;

        InterruptDelivery.deliverFault(f.s, f.m, f);

        assertEquals(0xdead_b000L, f.s.cr2);
        assertEquals(2, f.stack32(0));
    }

    @Test
    void virtual8086ModeIsLeftWithItsSegmentsSaved() {
        f.idt(0x30, CODE0, 0x3000, INTERRUPT_GATE);
        enterVm86(Cr.IOPL);

        InterruptDelivery.external(f.s, f.m, f, 0x30);

        assertFalse(f.s.vm86());
        assertEquals(0, f.s.cpl);
        assertEquals(STACK0 - 36, f.rsp());
        assertEquals(0x66, f.stack32(0));
        assertEquals(0x2000, f.stack32(1));
        assertTrue((f.stack32(2) & Cr.VM) != 0);
        assertEquals(0x4000, f.stack32(5));
        assertEquals(0x5000, f.stack32(6));
        assertEquals(0x6000, f.stack32(7));
        assertEquals(0x7000, f.stack32(8));
        assertFalse(f.s.seg[Seg.DS].usable());
    }

    private void enterVm86(int iopl) {
        long[] frame = {0x66, 0x2000, Cr.VM | iopl, 0x500, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000};
        for (int i = 0; i < frame.length; i++) {
            f.put(STACK + 4L * i, 4, frame[i]);
        }
        FarReturn.iret(f.s, f.m, f, 4, 0);
    }

    @Test
    void softwareInterruptInVirtual8086ModeNeedsIoplOrRedirection() {
        f.idt(0x21, CODE0, 0x3000, 0xee);
        f.put(0x21 * 4, 4, 0x0abc_0123L);
        f.s.tr.limit = 0x100;
        f.put(TSS_BASE + 0x66, 2, 0x90);
        f.put(TSS_BASE + 0x90 - 32 + 4, 1, 0);
        enterVm86(0);
        f.assertFault(Vector.GP, 0, () -> InterruptDelivery.intN(f.s, f.m, f, 0x21, 0x68));
        f.s.cr4 |= Cr.CR4_VME;
        f.s.setFlags(f.s.flags() | Cr.VIF);

        InterruptDelivery.intN(f.s, f.m, f, 0x21, 0x68);

        assertTrue(f.s.vm86());
        assertEquals(0x0123, f.s.rip);
        assertEquals(0xabc0, f.s.seg[Seg.CS].base());
        assertEquals(0x68, f.get(0x3_0000 + 0x500 - 6, 2));
        int pushed = (int) f.get(0x3_0000 + 0x500 - 2, 2);
        assertEquals(Cr.IF | Cr.IOPL, pushed & (Cr.IF | Cr.IOPL));
        assertEquals(0, f.s.flags() & Cr.VIF);
    }

    @Test
    void interruptStackTableReplacesAnAlignedStackInLongMode() {
        useLongMode();
        f.idt64(Vector.DF, 0xffff_8000_0000_3000L, INTERRUPT_GATE, 2);
        f.put(TSS_BASE + 0x24 + 8, 8, 0x7008);
        f.s.setGpr(CpuState.RSP, 0x8ff5);
        f.s.rip = 0x42;

        deliver(Vector.DF, 0);

        assertEquals(0x7000 - 48, f.rsp());
        assertEquals(0, f.stack64(0));
        assertEquals(0x42, f.stack64(1));
        assertEquals(SystemFixture.CODE64, f.stack64(2));
        assertEquals(0x8ff5, f.stack64(4));
        assertEquals(DATA0, f.stack64(5));
        assertEquals(DATA0, f.s.seg[Seg.SS].selector);
        assertEquals(0xffff_8000_0000_3000L, f.s.rip);
    }

    @Test
    void longModeInterruptFromUserLoadsANullStackSegment() {
        useLongMode();
        f.idt64(0x20, 0x3000, INTERRUPT_GATE, 0);
        f.put(TSS_BASE + 4, 8, STACK0);
        f.user64();

        InterruptDelivery.external(f.s, f.m, f, 0x20);

        assertEquals(0, f.s.cpl);
        assertEquals(0, f.s.seg[Seg.SS].selector);
        assertFalse(f.s.seg[Seg.SS].usable());
        assertEquals(STACK0 - 40, f.rsp());
        assertEquals(CODE64_USER, f.stack64(1));
        assertEquals(DATA3, f.stack64(4));
    }

    @Test
    void unmappedInnerStackBecomesADoubleFaultOnItsOwnStack() {
        useLongMode();
        f.idt64(Vector.PF, 0x3000, INTERRUPT_GATE, 0);
        f.idt64(Vector.DF, 0x4000, INTERRUPT_GATE, 1);
        f.put(TSS_BASE + 4, 8, 0x4000_0000L);
        f.put(TSS_BASE + 0x24, 8, 0x7000);
        f.user64();
        CpuFault fault = f.s.raise(Vector.PF, 4);
        fault.address = 0x1234;

        InterruptDelivery.deliverFault(f.s, f.m, f);

        assertEquals(0x4000, f.s.rip);
        assertEquals(0x4000_0000L - 48, f.s.cr2);
        assertEquals(STACK, f.stack64(4));
        assertEquals(0, f.tripleFaults);
    }

    @Test
    void realModeUsesTheVectorTableAndClearsInterrupts() {
        f.close();
        f = new SystemFixture();
        f.s.seg[Seg.CS].set(0x100, 0x1000, 0xffff, f.s.seg[Seg.CS].attributes);
        f.put(0x10 * 4, 4, 0x2000_0040L);
        f.s.setFlags(Cr.IF | Cr.TF);
        f.s.setGpr(CpuState.RSP, 0x9000);

        InterruptDelivery.intN(f.s, f.m, f, 0x10, 0x77);

        assertEquals(0x40, f.s.rip);
        assertEquals(0x2_0000, f.s.seg[Seg.CS].base());
        assertEquals(0x77, f.get(0x8ffa, 2));
        assertEquals(Cr.IF | Cr.TF | Cr.FLAGS_FIXED, f.get(0x8ffe, 2));
        assertEquals(Cr.FLAGS_FIXED, f.s.flags());
    }

    @Test
    void nmiBlocksFurtherOnesUntilIret() {
        f.idt(Vector.NMI, CODE0, 0x3000, INTERRUPT_GATE);
        InterruptDelivery.nmi(f.s, f.m, f);
        assertTrue(f.s.nmiBlocked);
        FarReturn.iret(f.s, f.m, f, 4, 0);
        assertFalse(f.s.nmiBlocked);
    }

    @Test
    void gateBeyondTheIdtIsAGeneralProtectionFault() {
        f.s.idtLimit = 0x80 * 8 + 6;
        f.assertFault(Vector.GP, 0x80 * 8 + 2, () -> InterruptDelivery.intN(f.s, f.m, f, 0x80, 0));
        f.s.idtLimit++;
        f.put(IDT + 0x80 * 8, 8, SystemFixture.gate(CODE0, 0x99, INTERRUPT_GATE, 0));
        InterruptDelivery.intN(f.s, f.m, f, 0x80, 0);
        assertEquals(0x99, f.s.rip);
    }
}
