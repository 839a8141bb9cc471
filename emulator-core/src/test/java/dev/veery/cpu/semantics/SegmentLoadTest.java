package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.SystemFixture.CODE0;
import static dev.veery.cpu.semantics.SystemFixture.DATA0;
import static dev.veery.cpu.semantics.SystemFixture.DATA3;
import static dev.veery.cpu.semantics.SystemFixture.FREE;
import static dev.veery.cpu.semantics.SystemFixture.GDT;
import static dev.veery.cpu.semantics.SystemFixture.TSS;
import static dev.veery.cpu.semantics.SystemFixture.TSS2;
import static dev.veery.cpu.semantics.SystemFixture.TSS_BASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SDM vol. 2, MOV, LAR, LSL, VERR, LTR, SLDT; vol. 3, section 5.6; vol. 1, section 19.5.2. */
class SegmentLoadTest {
    private SystemFixture f = SystemFixture.protectedMode();

    @AfterEach
    void free() {
        f.close();
    }

    private void refused(int vector, int error, int seg, int selector) {
        f.assertFault(vector, error, () -> SegmentLoad.load(f.s, f.m, seg, selector));
    }

    @Test
    void stackSegmentMustBeWritableAndOfTheCurrentLevel() {
        refused(Vector.GP, 0, Seg.SS, 0);
        refused(Vector.GP, CODE0, Seg.SS, CODE0);
        refused(Vector.GP, DATA3 & ~3, Seg.SS, DATA3);
        refused(Vector.GP, 0x1000, Seg.SS, 0x1000);
        f.descriptor(FREE, 0, 0, 0x4013);
        refused(Vector.SS, FREE, Seg.SS, FREE);
        refused(Vector.NP, FREE, Seg.DS, FREE);
    }

    @Test
    void dataSegmentNeedsTheLevelAndSetsTheAccessedBit() {
        f.descriptor(FREE, 0x1234_5678L, 0x10, 0xc0f2);
        f.level(3);
        refused(Vector.GP, DATA0, Seg.DS, DATA0);

        SegmentLoad.load(f.s, f.m, Seg.FS, FREE | 3);

        assertEquals(0x1234_5678L, f.s.seg[Seg.FS].base());
        assertEquals(0x10fff, f.s.seg[Seg.FS].limit);
        assertEquals(0xf3, f.get(GDT + FREE + 5, 1));
        SegmentLoad.load(f.s, f.m, Seg.DS, 3);
        assertFalse(f.s.seg[Seg.DS].usable());
        assertEquals(3, f.s.seg[Seg.DS].selector);
    }

    @Test
    void executeOnlyCodeIsNotData() {
        f.descriptor(FREE, 0, 0, 0x4099);
        refused(Vector.GP, FREE, Seg.ES, FREE);
    }

    @Test
    void realModeKeepsTheLimitThatProtectedModeLeft() {
        f.s.cr0 &= ~Cr.CR0_PE;
        f.s.updateMode();
        SegmentLoad.load(f.s, f.m, Seg.DS, 0x4321);
        assertEquals(0x43210, f.s.seg[Seg.DS].base());
        assertEquals(0xffff_ffffL, f.s.seg[Seg.DS].limit);
    }

    @Test
    void taskRegisterLoadMarksTheTaskBusy() {
        SegmentLoad.ltr(f.s, f.m, TSS2);
        assertEquals(0x8b, f.get(GDT + TSS2 + 5, 1));
        f.assertFault(Vector.GP, TSS, () -> SegmentLoad.ltr(f.s, f.m, TSS));
        f.assertFault(Vector.GP, 0, () -> SegmentLoad.ltr(f.s, f.m, 0));
        f.assertFault(Vector.GP, 0x2c, () -> SegmentLoad.ltr(f.s, f.m, TSS | 4));
    }

    @Test
    void systemDescriptorsAreSixteenBytesInLongMode() {
        f.close();
        f = SystemFixture.longMode();
        f.descriptor(FREE, 0x1000, 0xff, 0x82);
        f.put(GDT + FREE + 8, 8, 0xffff_8000L);
        SegmentLoad.lldt(f.s, f.m, FREE);
        assertEquals(0xffff_8000_0000_1000L, f.s.ldtr.base());
        f.put(GDT + FREE + 8, 8, 0x8000);
        f.assertFault(Vector.GP, FREE, () -> SegmentLoad.lldt(f.s, f.m, FREE));
    }

    @Test
    void accessRightsAndLimitsAreToldOnlyOfReachableDescriptors() {
        assertEquals(0x00cf_9b00L, SegmentLoad.lar(f.s, f.m, CODE0));
        assertEquals(0xffff_ffffL, SegmentLoad.lsl(f.s, f.m, DATA0));
        assertEquals(0x67, SegmentLoad.lsl(f.s, f.m, TSS));
        assertTrue(SegmentLoad.verw(f.s, f.m, DATA0));
        assertFalse(SegmentLoad.verw(f.s, f.m, CODE0));
        f.put(GDT + FREE, 8, SystemFixture.gate(CODE0, 0, 0xee, 0));
        assertEquals(-1, SegmentLoad.lar(f.s, f.m, FREE));
        f.level(3);
        assertEquals(-1, SegmentLoad.lar(f.s, f.m, CODE0));
        assertFalse(SegmentLoad.verr(f.s, f.m, DATA0));
        assertTrue(SegmentLoad.verr(f.s, f.m, DATA3));
        assertEquals(0x13, SegmentLoad.arpl(f.s, 0x10, 3));
    }

    @Test
    void userModeInstructionPreventionHidesTheTables() {
        f.level(3);
        assertEquals(TSS, SystemOps.str(f.s));
        f.s.cr4 |= Cr.CR4_UMIP;
        f.assertFault(Vector.GP, 0, () -> SystemOps.str(f.s));
        f.assertFault(Vector.GP, 0, () -> SystemOps.sgdt(f.s, f.m, 0x100));
        f.assertFault(Vector.GP, 0, () -> SystemOps.smsw(f.s));
    }

    @Test
    void tableRegistersLoad24BitsWithA16BitOperand() {
        f.put(0x100, 2, 0x7f);
        f.put(0x102, 4, 0x1234_5678L);
        SystemOps.lgdt(f.s, f.m, 0x100, 2);
        assertEquals(0x34_5678L, f.s.gdtBase);
        SystemOps.lidt(f.s, f.m, 0x100, 4);
        SystemOps.sidt(f.s, f.m, 0x200);
        assertEquals(0x1234_5678L, f.get(0x202, 4));
        assertEquals(0x7f, f.get(0x200, 2));
    }

    @Test
    void portsOfAProgramFollowTheBitmap() {
        f.s.tr.limit = 0x200;
        f.put(TSS_BASE + 0x66, 2, 0x68);
        f.put(TSS_BASE + 0x68 + 0x3f8 / 8, 2, 0x0100);
        f.level(3);
        IoPermission.check(f.s, f.m, 0x3f8, 1);
        IoPermission.check(f.s, f.m, 0x3fc, 4);
        f.assertFault(Vector.GP, 0, () -> IoPermission.check(f.s, f.m, 0x3fe, 4));
        f.assertFault(Vector.GP, 0, () -> IoPermission.check(f.s, f.m, 0xffff, 1));
        f.s.setFlags(Cr.IOPL);
        IoPermission.check(f.s, f.m, 0xffff, 1);
    }

    @Test
    void swapgsIsFor64BitCodeAtLevel0() {
        f.assertFault(Vector.UD, 0, () -> SystemOps.swapgs(f.s));
        f.close();
        f = SystemFixture.longMode();
        f.s.setKernelGsBase(0x1234);
        f.s.seg[Seg.GS].setBase(0x5678);
        SystemOps.swapgs(f.s);
        assertEquals(0x1234, f.s.seg[Seg.GS].base());
        assertEquals(0x5678, f.s.kernelGsBase());
        f.user64();
        f.assertFault(Vector.GP, 0, () -> SystemOps.swapgs(f.s));
        f.assertFault(Vector.UD, 0, () -> SystemOps.readBase(f.s, Seg.FS));
        f.s.cr4 |= Cr.CR4_FSGSBASE;
        f.assertFault(Vector.GP, 0, () -> SystemOps.writeBase(f.s, Seg.FS, 1L << 60));
    }

    @Test
    void interruptFlagFollowsIoplAndItsVirtualImage() {
        f.level(3);
        f.s.setFlags(Cr.IF);
        f.assertFault(Vector.GP, 0, () -> FlagOps.cli(f.s));
        f.s.cr4 |= Cr.CR4_PVI;
        FlagOps.sti(f.s);
        assertEquals(Cr.IF | Cr.VIF | Cr.FLAGS_FIXED, f.s.flags());
        FlagOps.popf(f.s, f.m, 4, Cr.IOPL | Cr.CF);
        assertEquals(Cr.IF | Cr.VIF | Cr.CF | Cr.FLAGS_FIXED, f.s.flags());
        f.level(0);
        FlagOps.popf(f.s, f.m, 4, Cr.IOPL | Cr.VM | Cr.RF);
        assertEquals(Cr.IOPL | Cr.VIF | Cr.FLAGS_FIXED, f.s.flags());
        FlagOps.sti(f.s);
        assertTrue(f.s.interruptShadow);
        assertEquals(0, FlagOps.pushf(f.s, 4) & (Cr.VM | Cr.RF));
    }

    @Test
    void initKeepsWhatResetClears() {
        f.s.msrs.pat = 0x0606_0606_0606_0606L;
        f.s.setField(CpuState.MXCSR, 0x1f00);
        CpuReset.init(f.s, f.m, f);
        assertEquals(0x0606_0606_0606_0606L, f.s.msrs.pat);
        assertEquals(0x1f00, f.s.field(CpuState.MXCSR));
        assertEquals(0xfff0, f.s.rip);
        assertEquals(0xffff_0000L, f.s.seg[Seg.CS].base());
        CpuReset.powerOn(f.s, f.m, f);
        assertEquals(0x0007_0406_0007_0406L, f.s.msrs.pat);
        assertEquals(0x1f80, f.s.field(CpuState.MXCSR));
    }
}
