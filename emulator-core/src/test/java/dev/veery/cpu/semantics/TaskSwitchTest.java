package dev.veery.cpu.semantics;

import static dev.veery.cpu.semantics.SystemFixture.CODE0;
import static dev.veery.cpu.semantics.SystemFixture.CODE3;
import static dev.veery.cpu.semantics.SystemFixture.DATA0;
import static dev.veery.cpu.semantics.SystemFixture.DATA3;
import static dev.veery.cpu.semantics.SystemFixture.FREE;
import static dev.veery.cpu.semantics.SystemFixture.GDT;
import static dev.veery.cpu.semantics.SystemFixture.TSS;
import static dev.veery.cpu.semantics.SystemFixture.TSS2;
import static dev.veery.cpu.semantics.SystemFixture.TSS2_BASE;
import static dev.veery.cpu.semantics.SystemFixture.TSS_BASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SDM vol. 3, sections 8.2.1, 8.3 and 8.4. */
class TaskSwitchTest {
    private final SystemFixture f = SystemFixture.protectedMode();

    @BeforeEach
    void newTask() {
        f.put(TSS2_BASE + 0x20, 4, 0x2222);
        f.put(TSS2_BASE + 0x24, 4, Cr.CF);
        f.put(TSS2_BASE + 0x28, 4, 0xaaaa_aaaaL);
        f.put(TSS2_BASE + 0x38, 4, 0x7000);
        f.put(TSS2_BASE + 0x48, 2, DATA3);
        f.put(TSS2_BASE + 0x4c, 2, CODE3);
        f.put(TSS2_BASE + 0x50, 2, DATA3);
        f.put(TSS2_BASE + 0x54, 2, DATA3);
    }

    @AfterEach
    void free() {
        f.close();
    }

    private boolean busy(int selector) {
        return (f.get(GDT + selector + 5, 1) & 2) != 0;
    }

    @Test
    void jumpSavesTheOldTaskAndLoadsTheNew() {
        f.s.setGpr(CpuState.RBX, 0x1111_2222L);

        FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0x99);

        assertEquals(0x99, f.get(TSS_BASE + 0x20, 4));
        assertEquals(0x1111_2222L, f.get(TSS_BASE + 0x34, 4));
        assertEquals(CODE0, f.get(TSS_BASE + 0x4c, 2));
        assertFalse(busy(TSS));
        assertTrue(busy(TSS2));
        assertEquals(TSS2, f.s.tr.selector);
        assertEquals(0x2222, f.s.rip);
        assertEquals(3, f.s.cpl);
        assertEquals(0xaaaa_aaaaL, f.s.gpr(CpuState.RAX));
        assertEquals(0x7000, f.rsp());
        assertEquals(Cr.CF | Cr.FLAGS_FIXED, f.s.flags());
        assertTrue((f.s.cr0 & Cr.CR0_TS) != 0);
        assertFalse(f.s.seg[Seg.FS].usable());
    }

    @Test
    void callNestsAndIretReturns() {
        f.put(TSS2_BASE + 0x4c, 2, CODE0);
        f.put(TSS2_BASE + 0x50, 2, DATA0);

        FarTransfer.call(f.s, f.m, f, 4, TSS2, 0, 0x99);

        assertTrue(busy(TSS));
        assertTrue(busy(TSS2));
        assertEquals(TSS, f.get(TSS2_BASE, 2));
        assertTrue((f.s.flags() & Cr.NT) != 0);

        FarReturn.iret(f.s, f.m, f, 4, 0x2223);

        assertEquals(0x99, f.s.rip);
        assertEquals(TSS, f.s.tr.selector);
        assertFalse(busy(TSS2));
        assertTrue(busy(TSS));
        assertEquals(0, f.get(TSS2_BASE + 0x24, 4) & Cr.NT);
        assertEquals(0x2223, f.get(TSS2_BASE + 0x20, 4));
    }

    @Test
    void taskGateReceivesTheErrorCodeOnItsOwnStack() {
        f.put(TSS2_BASE + 0x4c, 2, CODE0);
        f.put(TSS2_BASE + 0x50, 2, DATA0);
        f.idt(Vector.GP, TSS2, 0, 0x85);
        f.s.rip = 0x123;
        f.s.raise(Vector.GP, 0x40);

        InterruptDelivery.deliverFault(f.s, f.m, f);

        assertEquals(0x2222, f.s.rip);
        assertEquals(0x7000 - 4, f.rsp());
        assertEquals(0x40, f.stack32(0));
        assertEquals(0x123, f.get(TSS_BASE + 0x20, 4));
        assertTrue((f.get(TSS_BASE + 0x24, 4) & Cr.RF) != 0);
    }

    @Test
    void faultsBeforeTheCommitPointBelongToTheOldTask() {
        f.descriptor(TSS2, TSS2_BASE, 0x66, 0x89);
        f.assertFault(Vector.TS, TSS2, () -> FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0));
        f.descriptor(TSS2, TSS2_BASE, 0x67, 0x8b);
        f.assertFault(Vector.GP, TSS2, () -> FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0));
        f.descriptor(TSS2, TSS2_BASE, 0x67, 0x09);
        f.assertFault(Vector.NP, TSS2, () -> FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0));
        assertEquals(TSS, f.s.tr.selector);
    }

    @Test
    void faultsAfterTheCommitPointAreDeliveredInTheNewTask() {
        f.put(TSS2_BASE + 0x4c, 2, CODE0);
        f.put(TSS2_BASE + 0x50, 2, DATA0);
        f.put(TSS2_BASE + 0x54, 2, FREE);
        f.idt(Vector.TS, CODE0, 0x6000, 0x8e);

        FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0x99);

        assertEquals(0x6000, f.s.rip);
        assertEquals(TSS2, f.s.tr.selector);
        assertEquals(FREE, f.stack32(0));
        assertEquals(0x2222, f.stack32(1));
    }

    @Test
    void trapFlagOfTheTssLeavesADebugException() {
        f.put(TSS2_BASE + 0x64, 2, 1);
        f.idt(Vector.DB, CODE0, 0x6000, 0x8e);
        f.put(TSS2_BASE + 4, 4, 0x7800);
        f.put(TSS2_BASE + 8, 2, DATA0);

        FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0);

        assertEquals(DebugOps.DR6_FIXED | DebugOps.DR6_BT, f.s.dr6);
        assertEquals(0x6000, f.s.rip);
        assertEquals(0x2222, f.stack32(0));
    }

    @Test
    void sixteenBitTaskKeepsTheUpperHalvesOnes() {
        f.descriptor(TSS2, TSS2_BASE, 0x2b, 0x81);
        for (int i = 0; i < 0x2c; i += 2) {
            f.put(TSS2_BASE + i, 2, 0);
        }
        f.put(TSS2_BASE + 0x0e, 2, 0x1234);
        f.put(TSS2_BASE + 0x12, 2, 0x5678);
        f.put(TSS2_BASE + 0x24, 2, CODE0);
        f.put(TSS2_BASE + 0x26, 2, DATA0);

        FarTransfer.jump(f.s, f.m, f, 4, TSS2, 0, 0);

        assertEquals(0x1234, f.s.rip);
        assertEquals(0xffff_5678L, f.s.gpr(CpuState.RAX));
        assertFalse(f.s.seg[Seg.DS].usable());
    }
}
