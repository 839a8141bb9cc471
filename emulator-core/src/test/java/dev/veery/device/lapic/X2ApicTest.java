package dev.veery.device.lapic;

import static dev.veery.device.lapic.LapicFixture.msr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.InterruptBus;
import java.util.List;
import org.junit.jupiter.api.Test;

class X2ApicTest {
    private static final long OFF = Lapic.DEFAULT_BASE | Lapic.BASE_BOOTSTRAP;
    private static final long XAPIC = OFF | Lapic.BASE_ENABLE;
    private static final long X2APIC = XAPIC | Lapic.BASE_X2APIC;
    private static final long INVALID = OFF | Lapic.BASE_X2APIC;

    private final LapicFixture machine = new LapicFixture(0x123, 0);
    private final Lapic apic = machine.apics.get(0);

    @Test
    void modeTransitionsFollowTheManual() {
        assertFalse(apic.setBase(INVALID));
        assertTrue(apic.setBase(X2APIC));
        assertFalse(apic.setBase(XAPIC));
        assertFalse(apic.setBase(INVALID));
        assertTrue(apic.setBase(X2APIC));
        assertTrue(apic.setBase(OFF));
        assertFalse(apic.setBase(X2APIC));
        assertFalse(apic.setBase(INVALID));
        assertTrue(apic.setBase(XAPIC));
        assertEquals(XAPIC, apic.base());
    }

    @Test
    void idsAre32BitsAndLdrIsDerived() {
        LapicFixture.toX2apic(apic);
        assertEquals(0x123, apic.readMsr(msr(LapicRegs.ID)));
        assertEquals(0x12_0008, apic.readMsr(msr(LapicRegs.LDR)));
        assertEquals(-1, apic.mmio().read(0x20, 4));
        assertTrue(machine.bus.deliver(0x123, false, InterruptBus.FIXED, 0x41, false));
        assertTrue(machine.bus.deliver(0x12_0008, true, InterruptBus.FIXED, 0x42, false));
        assertFalse(machine.bus.deliver(0x12_0004, true, InterruptBus.FIXED, 0x43, false));
        assertEquals(0x42, apic.acknowledge());
    }

    @Test
    void registersThatDoNotExistFault() {
        assertFalse(apic.msrReadable(msr(LapicRegs.ID)), "xAPIC mode");
        LapicFixture.toX2apic(apic);
        for (int reg : new int[] {0, 1, LapicRegs.DFR, LapicRegs.ICR_HIGH, LapicRegs.EOI, LapicRegs.SELF_IPI, 0x2f}) {
            assertFalse(apic.msrReadable(msr(reg)), Integer.toHexString(reg));
        }
        for (int reg : new int[] {LapicRegs.ID, LapicRegs.VERSION, LapicRegs.LDR, LapicRegs.DFR, LapicRegs.PPR, 0x40}) {
            assertFalse(apic.writeMsr(msr(reg), 0), Integer.toHexString(reg));
        }
    }

    @Test
    void reservedBitsFault() {
        LapicFixture.toX2apic(apic);
        assertFalse(apic.writeMsr(msr(LapicRegs.EOI), 1));
        assertFalse(apic.writeMsr(msr(LapicRegs.ESR), 1));
        assertFalse(apic.writeMsr(msr(LapicRegs.TPR), 0x100));
        assertFalse(apic.writeMsr(msr(LapicRegs.SELF_IPI), 0x100));
        assertFalse(apic.writeMsr(msr(LapicRegs.LVT_TIMER), 1L << 32));
        assertFalse(apic.writeMsr(msr(LapicRegs.SVR), 0x11ff), "EOI suppression is not advertised");
        assertFalse(apic.writeMsr(msr(LapicRegs.ICR), 1 << 13));
        assertTrue(apic.writeMsr(msr(LapicRegs.LVT_LINT0), 0x1f7ff));
        assertTrue(apic.writeMsr(msr(LapicRegs.INITIAL_COUNT), 0xffffffffL));
    }

    @Test
    void icrIsOneWriteAndSelfIpiIsAnEdgeToItself() {
        LapicFixture.toX2apic(apic);
        assertTrue(apic.writeMsr(msr(LapicRegs.ICR), 0x0000_0000_0000_4651L));
        assertEquals(List.of("startup 81"), machine.signals.get(1));
        assertEquals(0x4651, apic.readMsr(msr(LapicRegs.ICR)));
        assertTrue(apic.writeMsr(msr(LapicRegs.SELF_IPI), 0x77));
        assertEquals(0x77, apic.acknowledge());
        assertTrue(apic.writeMsr(msr(LapicRegs.ICR), 0xffffffff_00000400L));
        assertEquals("nmi", machine.signals.get(0).get(1));
        assertEquals("nmi", machine.signals.get(1).get(1));
    }
}
