package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.SystemFixture.CODE0;
import static dev.veery.cpu.semantics.SystemFixture.CODE3;
import static dev.veery.cpu.semantics.SystemFixture.CODE64;
import static dev.veery.cpu.semantics.SystemFixture.CODE64_USER;
import static dev.veery.cpu.semantics.SystemFixture.DATA0;
import static dev.veery.cpu.semantics.SystemFixture.DATA3;
import static dev.veery.cpu.semantics.SystemFixture.FREE;
import static dev.veery.cpu.semantics.SystemFixture.GATE;
import static dev.veery.cpu.semantics.SystemFixture.GDT;
import static dev.veery.cpu.semantics.SystemFixture.STACK;
import static dev.veery.cpu.semantics.SystemFixture.STACK0;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SDM vol. 3, section 5.8; vol. 2, CALL, RET, IRET, SYSCALL, SYSRET. */
class FarTransferTest {
    private SystemFixture f = SystemFixture.protectedMode();

    @AfterEach
    void free() {
        f.close();
    }

    private void useLongMode() {
        f.close();
        f = SystemFixture.longMode();
    }

    @Test
    void callGateToInnerLevelSwitchesStacksAndCopiesParameters() {
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0x1234_5678L, 0xec, 2));
        f.level(3);
        f.put(STACK, 4, 0xaaaa);
        f.put(STACK + 4, 4, 0xbbbb);

        FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0x77);

        assertEquals(0x1234_5678L, f.s.rip);
        assertEquals(CODE0, f.s.seg[Seg.CS].selector);
        assertEquals(0, f.s.cpl);
        assertEquals(DATA0, f.s.seg[Seg.SS].selector);
        assertEquals(STACK0 - 24, f.rsp());
        assertEquals(0x77, f.stack32(0));
        assertEquals(CODE3, f.stack32(1));
        assertEquals(0xaaaa, f.stack32(2));
        assertEquals(0xbbbb, f.stack32(3));
        assertEquals(STACK, f.stack32(4));
        assertEquals(DATA3, f.stack32(5));
    }

    @Test
    void farReturnUndoesACallThroughAGate() {
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0x5000, 0xec, 2));
        f.level(3);
        FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0x77);
        SegmentLoad.load(f.s, f.m, Seg.DS, DATA0);
        SegmentLoad.load(f.s, f.m, Seg.ES, DATA3);

        FarReturn.ret(f.s, f.m, 4, 8);

        assertEquals(0x77, f.s.rip);
        assertEquals(3, f.s.cpl);
        assertEquals(STACK + 8, f.rsp());
        assertFalse(f.s.seg[Seg.DS].usable());
        assertEquals(0, f.s.seg[Seg.DS].selector);
        assertTrue(f.s.seg[Seg.ES].usable());
    }

    @Test
    void callGateFaultsCarryTheSelectorThatIsWrong() {
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0, 0x8c, 0));
        f.level(3);
        f.assertFault(Vector.GP, GATE, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0));
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0, 0x6c, 0));
        f.assertFault(Vector.NP, GATE, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0));
        f.put(GDT + GATE, 8, SystemFixture.gate(DATA0, 0, 0xec, 0));
        f.assertFault(Vector.GP, DATA0, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0));
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0, 0xec, 0));
        f.put(SystemFixture.TSS_BASE + 8, 2, DATA3);
        f.assertFault(Vector.TS, DATA3 & ~3, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0));
        f.descriptor(FREE, 0, 0xfffff, 0xc013);
        f.put(SystemFixture.TSS_BASE + 8, 2, FREE);
        f.assertFault(Vector.SS, FREE, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0));
        assertEquals(3, f.s.cpl);
        assertEquals(STACK, f.rsp());
    }

    @Test
    void innerStackWithoutRoomLeavesTheCallerAsItWas() {
        f.put(GDT + GATE, 8, SystemFixture.gate(CODE0, 0x5000, 0xec, 0));
        f.descriptor(FREE, 0, 0x7ff3, 0x4093);
        f.put(SystemFixture.TSS_BASE + 8, 2, FREE);
        f.level(3);

        f.assertFault(Vector.SS, FREE, () -> FarTransfer.call(f.s, f.m, f, 4, GATE | 3, 0, 0x77));

        assertEquals(3, f.s.cpl);
        assertEquals(CODE3, f.s.seg[Seg.CS].selector);
        assertEquals(STACK, f.rsp());
    }

    @Test
    void jumpToCodeOfAnotherLevelIsRefusedUnlessConforming() {
        f.level(3);
        f.assertFault(Vector.GP, CODE0, () -> FarTransfer.jump(f.s, f.m, f, 4, CODE0, 0x100, 0));
        f.descriptor(FREE, 0, 0xfffff, 0xc09f);

        FarTransfer.jump(f.s, f.m, f, 4, FREE, 0x100, 0);

        assertEquals(FREE | 3, f.s.seg[Seg.CS].selector);
        assertEquals(3, f.s.cpl);
        f.assertFault(Vector.GP, 0, () -> FarTransfer.jump(f.s, f.m, f, 4, 0, 0x100, 0));
    }

    @Test
    void jumpBeyondTheLimitIsRefused() {
        f.descriptor(FREE, 0, 0x1000, 0x409b);
        f.assertFault(Vector.GP, 0, () -> FarTransfer.jump(f.s, f.m, f, 4, FREE, 0x1001, 0));
        FarTransfer.jump(f.s, f.m, f, 4, FREE, 0x1000, 0);
        assertEquals(0x1000, f.s.rip);
    }

    @Test
    void iretEntersVirtual8086Mode() {
        long[] frame = {0x1234, 0x2000, Cr.VM | Cr.IOPL | Cr.IF, 0x5678, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000};
        for (int i = 0; i < frame.length; i++) {
            f.put(STACK + 4L * i, 4, frame[i]);
        }

        FarReturn.iret(f.s, f.m, f, 4, 0);

        assertTrue(f.s.vm86());
        assertEquals(3, f.s.cpl);
        assertEquals(0x1234, f.s.rip);
        assertEquals(0x2_0000, f.s.seg[Seg.CS].base());
        assertEquals(0x3_0000, f.s.seg[Seg.SS].base());
        assertEquals(0x4_0000, f.s.seg[Seg.ES].base());
        assertEquals(0x5_0000, f.s.seg[Seg.DS].base());
        assertEquals(0x6_0000, f.s.seg[Seg.FS].base());
        assertEquals(0x7_0000, f.s.seg[Seg.GS].base());
        assertEquals(0xffff, f.s.seg[Seg.DS].limit);
        assertEquals(0x5678, f.rsp());
    }

    @Test
    void iretChangesOnlyTheFlagsThatTheLevelMay() {
        f.level(3);
        f.s.setFlags(0);
        f.put(STACK, 4, 0x10);
        f.put(STACK + 4, 4, CODE3);
        f.put(STACK + 8, 4, Cr.IOPL | Cr.IF | Cr.CF | Cr.AC);

        FarReturn.iret(f.s, f.m, f, 4, 0);

        assertEquals(Cr.CF | Cr.AC | Cr.FLAGS_FIXED, f.s.flags());
    }

    @Test
    void iretInLongModeAlwaysPopsTheStackPointer() {
        useLongMode();
        long[] frame = {0x4444, CODE64, Cr.IF, 0x7f00, 0};
        for (int i = 0; i < frame.length; i++) {
            f.put(STACK + 8L * i, 8, frame[i]);
        }

        FarReturn.iret(f.s, f.m, f, 8, 0);

        assertEquals(0x4444, f.s.rip);
        assertEquals(0x7f00, f.rsp());
        assertFalse(f.s.seg[Seg.SS].usable());
    }

    @Test
    void iretToUser64RefusesANullStackSegment() {
        useLongMode();
        long[] frame = {0x4444, CODE64_USER, Cr.IF, 0x7f00, 3};
        for (int i = 0; i < frame.length; i++) {
            f.put(STACK + 8L * i, 8, frame[i]);
        }
        f.assertFault(Vector.GP, 0, () -> FarReturn.iret(f.s, f.m, f, 8, 0));
        f.put(STACK + 32, 8, DATA3);

        FarReturn.iret(f.s, f.m, f, 8, 0);

        assertEquals(3, f.s.cpl);
        assertTrue(f.s.code64());
    }

    @Test
    void nestedTaskFlagMakesIretFaultInLongMode() {
        useLongMode();
        f.s.setFlags(Cr.NT);
        f.assertFault(Vector.GP, 0, () -> FarReturn.iret(f.s, f.m, f, 8, 0));
    }

    @Test
    void syscallAndSysretMoveBetweenLevels() {
        useLongMode();
        f.user64();
        f.s.star = 0x0043_0008_0000_0000L;
        f.s.lstar = 0xffff_8000_0000_1000L;
        f.s.fmask = Cr.IF | Cr.TF;
        f.s.setFlags(Cr.IF | Cr.CF);

        FastCalls.syscall(f.s, f.m, f, 0x1002);

        assertEquals(0, f.s.cpl);
        assertEquals(f.s.lstar, f.s.rip);
        assertEquals(0x1002, f.s.gpr(CpuState.RCX));
        assertEquals(Cr.IF | Cr.CF | Cr.FLAGS_FIXED, f.s.gpr(11));
        assertEquals(Cr.CF | Cr.FLAGS_FIXED, f.s.flags());
        assertEquals(0x10, f.s.seg[Seg.SS].selector);

        FastCalls.sysret(f.s, f.m, f, 8);

        assertEquals(3, f.s.cpl);
        assertEquals(0x1002, f.s.rip);
        assertEquals(0x53, f.s.seg[Seg.CS].selector);
        assertEquals(0x4b, f.s.seg[Seg.SS].selector);
        assertTrue(f.s.code64());
        assertEquals(Cr.IF | Cr.CF | Cr.FLAGS_FIXED, f.s.flags());
    }

    @Test
    void sysretFaultsAtLevel0WhenRcxIsNotCanonical() {
        useLongMode();
        f.s.setGpr(CpuState.RCX, 0x0000_8000_0000_0000L);
        f.assertFault(Vector.GP, 0, () -> FastCalls.sysret(f.s, f.m, f, 8));
        assertEquals(0, f.s.cpl);
        FastCalls.sysret(f.s, f.m, f, 4);
        assertEquals(0, f.s.rip);
        assertEquals(3, f.s.cpl);
    }

    @Test
    void vendorDecidesWhereSyscallAndSysenterAreLegal() {
        useLongMode();
        f.s.sysenterCs = CODE0;
        FarTransfer.jump(f.s, f.m, f, 8, CODE0, 0, 0);
        f.assertFault(Vector.UD, 0, () -> FastCalls.syscall(f.s, f.m, f, 0));
        f.model = CpuModels.parse("qemu64");
        f.assertFault(Vector.UD, 0, () -> FastCalls.sysenter(f.s, f.m, f));
        FastCalls.syscall(f.s, f.m, f, 0);
        assertTrue(f.s.code64());
    }

    @Test
    void longModeRefusesCodeThatIsBoth64And32Bit() {
        useLongMode();
        f.descriptor(FREE, 0, 0xfffff, 0xe09b);
        f.assertFault(Vector.GP, FREE, () -> FarTransfer.jump(f.s, f.m, f, 8, FREE, 0, 0));
        f.assertFault(Vector.GP, 0, () -> FarTransfer.jump(f.s, f.m, f, 8, CODE64, 0x8000_0000_0000L, 0));
    }

    @Test
    void realModeTransfersScaleTheSelector() {
        f.close();
        f = new SystemFixture();
        f.s.seg[Seg.CS].set(0x100, 0x1000, 0xffff, f.s.seg[Seg.CS].attributes);
        f.s.setGpr(CpuState.RSP, 0x9000);

        FarTransfer.call(f.s, f.m, f, 2, 0x1234, 0x56, 0x789);

        assertEquals(0x12340, f.s.seg[Seg.CS].base());
        assertEquals(0x56, f.s.rip);
        assertEquals(0x789, f.get(0x8ffc, 2));
        assertEquals(0x100, f.get(0x8ffe, 2));
        FarReturn.ret(f.s, f.m, 2, 2);
        assertEquals(0x1000, f.s.seg[Seg.CS].base());
        assertEquals(0x9002, f.rsp());
    }
}
