package dev.veery.device.lapic;

import static dev.veery.device.lapic.LapicFixture.read;
import static dev.veery.device.lapic.LapicFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.InterruptBus;
import java.util.List;
import org.junit.jupiter.api.Test;

class LapicTest {
    private final LapicFixture machine = new LapicFixture(0);
    private final Lapic apic = machine.apics.get(0);

    private void interrupt(int vector, boolean level) {
        machine.bus.deliver(0, false, InterruptBus.FIXED, vector, level);
    }

    @Test
    void higherClassNestsAndEoiEndsTheHighest() {
        interrupt(0x45, false);
        assertEquals(0x45, apic.acknowledge());
        interrupt(0x4f, false);
        assertFalse(apic.hasInterrupt(), "same class waits");
        interrupt(0x51, false);
        assertEquals(0x51, apic.acknowledge());
        assertEquals(0x50, read(apic, LapicRegs.PPR));
        write(apic, LapicRegs.EOI, 0);
        assertEquals(0x40, read(apic, LapicRegs.PPR));
        write(apic, LapicRegs.EOI, 0);
        assertEquals(0x4f, apic.acknowledge());
        assertEquals(-1, apic.acknowledge());
    }

    @Test
    void taskPriorityHoldsBackAndCr8IsItsUpperHalf() {
        apic.setCr8(5);
        assertEquals(0x50, read(apic, LapicRegs.TPR));
        interrupt(0x5f, false);
        assertFalse(apic.hasInterrupt());
        write(apic, LapicRegs.TPR, 0x4f);
        assertTrue(apic.hasInterrupt());
        assertEquals(4, apic.cr8());
        assertEquals(List.of("intr"), machine.signals.get(0));
    }

    @Test
    void onlyLevelVectorsBroadcastTheirEnd() {
        interrupt(0x61, true);
        interrupt(0x62, false);
        assertEquals(0x2, read(apic, LapicRegs.TMR + 3));
        apic.acknowledge();
        write(apic, LapicRegs.EOI, 0);
        assertEquals(List.of(), machine.eois);
        apic.acknowledge();
        write(apic, LapicRegs.EOI, 0);
        assertEquals(List.of(0x61), machine.eois);
    }

    @Test
    void softwareDisableMasksLvtAndRefusesFixedButNotNmi() {
        write(apic, LapicRegs.LVT_LINT0, 0x700);
        write(apic, LapicRegs.SVR, 0xff);
        assertEquals(0x10700, read(apic, LapicRegs.LVT_LINT0));
        write(apic, LapicRegs.LVT_LINT0, 0x700);
        assertEquals(0x10700, read(apic, LapicRegs.LVT_LINT0));
        interrupt(0x61, false);
        machine.bus.deliver(0, false, InterruptBus.NMI, 0, false);
        assertFalse(LapicFixture.isRequested(apic.mmio(), 0x61));
        assertEquals(List.of("nmi"), machine.signals.get(0));
    }

    @Test
    void virtualWirePassesThe8259AndNmiThrough() {
        apic.reset();
        apic.lint0().set(true);
        assertFalse(apic.hasInterrupt(), "masked after reset");
        apic.enterVirtualWire();
        assertTrue(apic.hasInterrupt());
        assertEquals(LapicFixture.PIC_VECTOR, apic.acknowledge());
        assertEquals(0, read(apic, LapicRegs.ISR + 3), "an ExtINT is not in service here");
        apic.lint1().pulse();
        apic.lint0().set(false);
        assertFalse(apic.hasInterrupt());
        assertEquals(List.of("intr", "nmi"), machine.signals.get(0));
    }

    @Test
    void globallyDisabledApicIsJustTheIntrPin() {
        assertTrue(apic.setBase(Lapic.DEFAULT_BASE | Lapic.BASE_BOOTSTRAP));
        assertEquals(-1, apic.mmioBase());
        assertEquals(-1, apic.mmio().read(0x30, 4));
        apic.setCr8(9);
        assertEquals(9, apic.cr8());
        interrupt(0xf1, false);
        assertFalse(apic.hasInterrupt());
        apic.lint0().set(true);
        assertEquals(LapicFixture.PIC_VECTOR, apic.pendingVector());
        apic.lint1().pulse();
        assertEquals(List.of("intr", "nmi"), machine.signals.get(0));
    }

    @Test
    void lint0AsLevelInterruptKeepsRemoteIrrUntilEoi() {
        write(apic, LapicRegs.LVT_LINT0, 0x8055);
        apic.lint0().set(true);
        assertEquals(0xc055, read(apic, LapicRegs.LVT_LINT0));
        assertEquals(0x55, apic.acknowledge());
        write(apic, LapicRegs.EOI, 0);
        assertEquals(0x55, apic.acknowledge(), "still asserted");
        apic.lint0().set(false);
        write(apic, LapicRegs.EOI, 0);
        assertEquals(0x8055, read(apic, LapicRegs.LVT_LINT0));
        assertFalse(apic.hasInterrupt());
    }

    @Test
    void errorsAreReadAfterAWriteLatchesThem() {
        write(apic, LapicRegs.LVT_ERROR, 0xfe);
        write(apic, LapicRegs.ICR, 0x40003);
        assertEquals(0, read(apic, LapicRegs.ESR));
        assertEquals(0xfe, apic.acknowledge());
        interrupt(7, false);
        write(apic, LapicRegs.ESR, 0);
        assertEquals(0x60, read(apic, LapicRegs.ESR));
        apic.mmio().read(0x3a0, 4);
        write(apic, LapicRegs.ESR, 0);
        assertEquals(0x80, read(apic, LapicRegs.ESR));
        write(apic, LapicRegs.ESR, 0);
        assertEquals(0, read(apic, LapicRegs.ESR));
    }

    @Test
    void relocationMovesThePageAndReservedBitsFault() {
        long moved = 0xfed00000L + 0x100000 | Lapic.BASE_ENABLE | Lapic.BASE_BOOTSTRAP;
        assertTrue(apic.setBase(moved));
        assertEquals(0xfee00000L, apic.mmioBase());
        assertTrue(apic.setBase(0x12_3450_0000L | Lapic.BASE_ENABLE));
        assertEquals(0x12_3450_0000L, apic.mmioBase());
        assertFalse(apic.setBase(moved | 1));
        assertFalse(apic.setBase(moved | 1 << 9));
        assertFalse(apic.setBase(moved | 1L << 40));
    }

    @Test
    void initKeepsBaseAndLosesTheRest() {
        assertTrue(apic.setBase(0x12_3450_0000L | Lapic.BASE_ENABLE));
        interrupt(0x99, false);
        apic.init();
        assertEquals(0x12_3450_0000L, apic.mmioBase());
        assertFalse(apic.hasInterrupt());
        assertEquals(0xff, read(apic, LapicRegs.SVR));
        assertEquals(0x10000, read(apic, LapicRegs.LVT_TIMER));
    }
}
