package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.SystemFixture.CODE0;
import static dev.veery.cpu.semantics.SystemFixture.DATA0;
import static dev.veery.cpu.semantics.SystemFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Msr;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control registers, MSRs, debug registers: SDM vol. 3, sections 2.5, 10.8.5, 12.11, 12.12, 18.2; vol. 4. */
class SystemRegistersTest {
    private SystemFixture f = SystemFixture.protectedMode();

    @AfterEach
    void free() {
        f.close();
    }

    private void useLongMode() {
        f.close();
        f = SystemFixture.longMode();
    }

    private void refusedCr(int n, long value) {
        f.assertFault(Vector.GP, 0, () -> ControlRegs.writeCr(f.s, f.m, f, n, value));
    }

    private void refusedMsr(int msr, long value) {
        f.assertFault(Vector.GP, 0, () -> MsrOps.write(f.s, f.m, f, msr, value));
    }

    @Test
    void longModeBecomesActiveWithPagingAndEndsWithIt() {
        MsrOps.write(f.s, f.m, f, Msr.EFER, Cr.EFER_LME);
        ControlRegs.writeCr(f.s, f.m, f, 3, PAGES);
        refusedCr(0, f.s.cr0 | Cr.CR0_PG);
        ControlRegs.writeCr(f.s, f.m, f, 4, Cr.CR4_PAE);
        ControlRegs.writeCr(f.s, f.m, f, 0, f.s.cr0 | Cr.CR0_PG);
        assertEquals(Cr.EFER_LME | Cr.EFER_LMA, MsrOps.read(f.s, f, Msr.EFER));
        refusedMsr(Msr.EFER, 0);
        refusedCr(4, 0);
        ControlRegs.writeCr(f.s, f.m, f, 0, f.s.cr0 & ~Cr.CR0_PG);
        assertEquals(Cr.EFER_LME, f.s.efer);
        assertTrue(f.codeChanges > 0);
    }

    @Test
    void longModeNeedsA32BitTaskAndIsNotLeftFrom64BitCode() {
        f.s.efer = Cr.EFER_LME;
        f.s.cr4 = Cr.CR4_PAE;
        f.s.tr.attributes = 0x83;
        refusedCr(0, f.s.cr0 | Cr.CR0_PG);
        useLongMode();
        refusedCr(0, f.s.cr0 & ~Cr.CR0_PG);
    }

    @Test
    void inconsistentCr0IsRefused() {
        refusedCr(0, Cr.CR0_PG);
        refusedCr(0, f.s.cr0 | Cr.CR0_NW);
        refusedCr(0, f.s.cr0 | 1L << 32);
        f.level(3);
        refusedCr(0, f.s.cr0);
        f.assertFault(Vector.UD, 0, () -> ControlRegs.readCr(f.s, f, 1));
    }

    @Test
    void processContextIdentifiersNeedLongModeAndAClearField() {
        refusedCr(4, Cr.CR4_PCIDE);
        useLongMode();
        f.s.cr3 = PAGES | 5;
        refusedCr(4, f.s.cr4 | Cr.CR4_PCIDE);
        f.s.cr3 = PAGES;
        ControlRegs.writeCr(f.s, f.m, f, 4, f.s.cr4 | Cr.CR4_PCIDE);
        ControlRegs.writeCr(f.s, f.m, f, 3, PAGES | 7 | 1L << 63);
        assertEquals(PAGES | 7, f.s.cr3);
        f.put(0x100, 8, 1L << 12);
        f.put(0x108, 8, 0);
        f.assertFault(Vector.GP, 0, () -> ControlRegs.invpcid(f.s, f.m, f, 1, 0x100));
        f.assertFault(Vector.GP, 0, () -> ControlRegs.invpcid(f.s, f.m, f, 4, 0x200));
    }

    @Test
    void reservedBitsOfCr3AndFeaturesOfCr4AreChecked() {
        useLongMode();
        refusedCr(3, 1L << 46);
        refusedCr(4, f.s.cr4 | Cr.CR4_LA57);
        f.model = CpuModels.parse("max,-smap");
        refusedCr(4, f.s.cr4 | Cr.CR4_SMAP);
        ControlRegs.writeCr(f.s, f.m, f, 4, f.s.cr4 | Cr.CR4_SMEP);
    }

    @Test
    void reservedBitInAPaePointerEntryIsRefused() {
        f.s.cr4 = Cr.CR4_PAE;
        f.put(PAGES + 8, 8, 3);
        ControlRegs.writeCr(f.s, f.m, f, 3, PAGES);
        refusedCr(0, f.s.cr0 | Cr.CR0_PG);
        f.put(PAGES + 8, 8, 1);
        ControlRegs.writeCr(f.s, f.m, f, 0, f.s.cr0 | Cr.CR0_PG);
        assertTrue(f.s.paging());
        assertFalse(f.s.longMode());
    }

    @Test
    void machineStatusWordCannotLeaveProtectedMode() {
        ControlRegs.lmsw(f.s, f.m, f, (int) (Cr.CR0_TS | Cr.CR0_MP));
        assertEquals(Cr.CR0_TS | Cr.CR0_MP | Cr.CR0_PE, f.s.cr0 & 0xf);
        ControlRegs.clts(f.s);
        assertEquals(0, f.s.cr0 & Cr.CR0_TS);
    }

    @Test
    void taskPriorityReachesTheApic() {
        ControlRegs.writeCr(f.s, f.m, f, 8, 9);
        assertEquals(9, f.apic.cr8);
        refusedCr(8, 0x10);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x02, 0x03, 0x08, 0x0700_0000_0000_0002L, 0x80})
    void invalidMemoryTypesInThePatAreRefused(long value) {
        refusedMsr(Msr.PAT, value);
    }

    @Test
    void memoryTypeRangesAreValidated() {
        MsrOps.write(f.s, f.m, f, Msr.PAT, 0x0007_0106_0007_0106L);
        assertEquals(0x0007_0106_0007_0106L, MsrOps.read(f.s, f, Msr.PAT));
        assertEquals(0x508, MsrOps.read(f.s, f, Msr.MTRRCAP));
        refusedMsr(Msr.MTRRCAP, 0x508);
        refusedMsr(Msr.MTRR_DEF_TYPE, 2);
        refusedMsr(Msr.MTRR_DEF_TYPE, 1 << 12);
        MsrOps.write(f.s, f.m, f, Msr.MTRR_DEF_TYPE, 0xc06);
        refusedMsr(Msr.MTRR_PHYSBASE0, 1L << 46 | 6);
        refusedMsr(Msr.MTRR_PHYSBASE0, 0x100);
        refusedMsr(Msr.MTRR_PHYSBASE0 + 1, 1);
        MsrOps.write(f.s, f.m, f, Msr.MTRR_PHYSBASE0 + 15, 0x3f_f000_0800L);
        assertEquals(0x3f_f000_0800L, MsrOps.read(f.s, f, Msr.MTRR_PHYSBASE0 + 15));
        refusedMsr(Msr.MTRR_PHYSBASE0 + 16, 0);
        refusedMsr(Msr.MTRR_FIX4K_C0000, 0x0606_0606_0602_0606L);
        MsrOps.write(f.s, f.m, f, Msr.MTRR_FIX4K_F8000, 0x0505_0505_0505_0505L);
        assertEquals(0x0505_0505_0505_0505L, MsrOps.read(f.s, f, Msr.MTRR_FIX4K_F8000));
    }

    @Test
    void apicBaseRefusesReservedBitsAndIllegalTransitions() {
        refusedMsr(Msr.APIC_BASE, 0xfee0_0901L);
        refusedMsr(Msr.APIC_BASE, 1L << 46 | 0x900);
        f.apic.rejectBase = true;
        refusedMsr(Msr.APIC_BASE, 0xfee0_0900L);
        f.apic.rejectBase = false;
        MsrOps.write(f.s, f.m, f, Msr.APIC_BASE, 0xfee0_0d00L);
        assertEquals(0xfee0_0d00L, f.apic.base);
        f.model = CpuModels.parse("max,-x2apic");
        refusedMsr(Msr.APIC_BASE, 0xfee0_0d00L);
    }

    @Test
    void x2apicRegistersExistOnlyInThatMode() {
        f.assertFault(Vector.GP, 0, () -> MsrOps.read(f.s, f, 0x802));
        f.apic.x2apic = true;
        assertEquals(7, MsrOps.read(f.s, f, 0x802));
        f.assertFault(Vector.GP, 0, () -> MsrOps.read(f.s, f, 0x80b));
        MsrOps.write(f.s, f.m, f, 0x808, 0x20);
        assertEquals(0x20, f.apic.lastWritten);
        refusedMsr(0x803, 0);
    }

    @Test
    void timeStampCounterAndItsAdjustmentMoveTogether() {
        MsrOps.write(f.s, f.m, f, Msr.TSC, 5000);
        long adjust = MsrOps.read(f.s, f, Msr.TSC_ADJUST);
        assertEquals(5000, MsrOps.read(f.s, f, Msr.TSC));
        MsrOps.write(f.s, f.m, f, Msr.TSC_ADJUST, adjust + 100);
        assertEquals(5100, MsrOps.read(f.s, f, Msr.TSC));
        f.tsc += 10;
        SystemOps.rdtsc(f.s, f);
        assertEquals(5110, f.s.gpr(CpuState.RAX));
    }

    @Test
    void deadlineIsConvertedToMachineTicks() {
        MsrOps.write(f.s, f.m, f, Msr.TSC, 5000);
        MsrOps.write(f.s, f.m, f, Msr.TSC_DEADLINE, 6000);
        assertEquals(f.tsc + 1000, f.apic.deadline);
        assertEquals(6000, MsrOps.read(f.s, f, Msr.TSC_DEADLINE));
        MsrOps.write(f.s, f.m, f, Msr.TSC_DEADLINE, 1);
        assertEquals(1, f.apic.deadline);
        MsrOps.write(f.s, f.m, f, Msr.TSC_DEADLINE, 0);
        assertEquals(0, f.apic.deadline);
    }

    @Test
    void unknownRegistersAndValuesThatAreNotCanonicalFault() {
        f.assertFault(Vector.GP, 0, () -> MsrOps.read(f.s, f, 0x1234_5678));
        refusedMsr(0xc1, 0);
        refusedMsr(Msr.LSTAR, 1L << 47);
        refusedMsr(Msr.KERNEL_GS_BASE, 1L << 63);
        refusedMsr(Msr.TSC_AUX, 1L << 32);
        refusedMsr(Msr.EFER, 1L << 12);
        refusedMsr(Msr.ARCH_CAPABILITIES, 0);
        f.model = CpuModels.parse("qemu64");
        f.assertFault(Vector.GP, 0, () -> MsrOps.read(f.s, f, Msr.ARCH_CAPABILITIES));
        assertEquals(0, MsrOps.read(f.s, f, Msr.AMD_HWCR));
    }

    @Test
    void debugRegisterAliasesGeneralDetectAndReservedBits() {
        DebugOps.writeDr(f.s, f.m, 6, 0xffff_ffffL);
        assertEquals(0xffff_efffL, DebugOps.readDr(f.s, 4));
        DebugOps.writeDr(f.s, f.m, 5, 0);
        assertEquals(0x400, DebugOps.readDr(f.s, 7));
        f.s.cr4 |= Cr.CR4_DE;
        f.assertFault(Vector.UD, 0, () -> DebugOps.readDr(f.s, 4));
        f.assertFault(Vector.GP, 0, () -> DebugOps.writeDr(f.s, f.m, 7, 1L << 32));
        DebugOps.writeDr(f.s, f.m, 7, 1 << 13);
        f.idt(Vector.DB, CODE0, 0x3000, 0x8e);
        f.assertFault(Vector.DB, DebugOps.DR6_BD, () -> DebugOps.readDr(f.s, 0));
        f.s.dr6 = DebugOps.DR6_FIXED;

        InterruptDelivery.deliverFault(f.s, f.m, f);

        assertEquals(DebugOps.DR6_FIXED | DebugOps.DR6_BD, f.s.dr6);
        assertEquals(0x400, f.s.dr7);
        assertTrue((f.stack32(2) & Cr.RF) != 0);
    }

    @Test
    void instructionBreakpointRespectsRfAndReportsWithoutIt() {
        f.idt(Vector.DB, CODE0, 0x3000, 0x8e);
        DebugOps.writeDr(f.s, f.m, 1, 0x1234);
        DebugOps.writeDr(f.s, f.m, 7, 1 << 2);
        DebugOps.beforeInstruction(f.s, 0x1235);
        f.s.setFlags(Cr.RF);
        DebugOps.beforeInstruction(f.s, 0x1234);
        f.s.setFlags(0);
        f.assertFault(Vector.DB, 2, () -> DebugOps.beforeInstruction(f.s, 0x1234));
        InterruptDelivery.deliverFault(f.s, f.m, f);
        assertEquals(DebugOps.DR6_FIXED | 2, f.s.dr6);
        assertEquals(0, f.stack32(2) & Cr.RF);
    }

    @Test
    void singleStepTrapsAfterTheInstructionButNotAfterASegmentLoadOfSs() {
        f.idt(Vector.DB, CODE0, 0x3000, 0x8e);
        f.s.rip = 0x50;
        f.s.setFlags(Cr.TF);
        SegmentLoad.load(f.s, f.m, 2, DATA0);
        SegmentLoad.shadow(f.s);
        DebugOps.afterInstruction(f.s, f.m, f, true, false, false);
        assertEquals(0x50, f.s.rip);
        DebugOps.afterInstruction(f.s, f.m, f, true, false, false);
        assertEquals(0x3000, f.s.rip);
        assertEquals(DebugOps.DR6_FIXED | DebugOps.DR6_BS, f.s.dr6);
        assertEquals(0x50, f.stack32(0));
    }

    @Test
    void softwareInterruptSwallowsTheSingleStepTrap() {
        f.idt(0x80, CODE0, 0x3000, 0xee);
        f.idt(Vector.DB, CODE0, 0x4000, 0x8e);
        f.s.setFlags(Cr.TF);
        InterruptDelivery.intN(f.s, f.m, f, 0x80, 2);
        DebugOps.afterInstruction(f.s, f.m, f, true, false, true);
        assertEquals(0x3000, f.s.rip);
        assertEquals(0, f.s.pendingDebug);
        assertTrue((f.stack32(2) & Cr.TF) != 0);
    }

    @Test
    void ioBreakpointsNeedDebugExtensions() {
        DebugOps.writeDr(f.s, f.m, 0, 0x3f8);
        DebugOps.writeDr(f.s, f.m, 7, 1 | 2 << 16 | 1 << 18);
        DebugOps.io(f.s, 0x3f9, 1);
        assertEquals(0, f.s.pendingDebug);
        f.s.cr4 |= Cr.CR4_DE;
        DebugOps.io(f.s, 0x3fa, 1);
        assertEquals(0, f.s.pendingDebug);
        DebugOps.io(f.s, 0x3f9, 1);
        assertEquals(1, f.s.pendingDebug);
    }
}
