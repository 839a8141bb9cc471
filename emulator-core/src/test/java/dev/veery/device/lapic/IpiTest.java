package dev.veery.device.lapic;

import static dev.veery.device.lapic.LapicFixture.isRequested;
import static dev.veery.device.lapic.LapicFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.InterruptBus;
import java.util.List;
import org.junit.jupiter.api.Test;

class IpiTest {
    private static final int OTHERS = 3 << 18;
    private static final int ALL = 2 << 18;
    private static final int SELF = 1 << 18;

    private final LapicFixture machine = new LapicFixture(0, 1, 2, 3);
    private final Lapic sender = machine.apics.get(0);

    /** Which APICs have {@code vector} in IRR, a bit each. */
    private int holders(int vector) {
        int set = 0;
        for (int i = 0; i < machine.apics.size(); i++) {
            set |= isRequested(machine.apics.get(i).mmio(), vector) ? 1 << i : 0;
        }
        return set;
    }

    private void ipi(int high, int low) {
        write(sender, LapicRegs.ICR_HIGH, high << 24);
        write(sender, LapicRegs.ICR, low);
    }

    @Test
    void shorthandsChooseTheirTargets() {
        ipi(0, 0x31 | OTHERS);
        ipi(0, 0x32 | ALL);
        ipi(3, 0x33 | SELF);
        ipi(2, 0x34);
        ipi(0xff, 0x35);
        ipi(9, 0x36);
        assertEquals(0b1110, holders(0x31));
        assertEquals(0b1111, holders(0x32));
        assertEquals(0b0001, holders(0x33));
        assertEquals(0b0100, holders(0x34));
        assertEquals(0b1111, holders(0x35));
        assertEquals(0, holders(0x36));
    }

    @Test
    void flatAndClusterDestinationsMatchTheirLdr() {
        for (int i = 0; i < 4; i++) {
            write(machine.apics.get(i), LapicRegs.LDR, 1 << 24 + i);
        }
        ipi(0b0110, 0x41 | LapicRegs.ICR_LOGICAL);
        assertEquals(0b0110, holders(0x41));

        for (int i = 0; i < 4; i++) {
            write(machine.apics.get(i), LapicRegs.DFR, 0x0fffffff);
            write(machine.apics.get(i), LapicRegs.LDR, ((i >> 1) << 4 | 1 << (i & 1)) << 24);
        }
        ipi(0x13, 0x42 | LapicRegs.ICR_LOGICAL);
        assertEquals(0b1100, holders(0x42));
    }

    @Test
    void lowestPriorityGoesToTheLeastBusyAndTakesTurns() {
        for (int i = 0; i < 4; i++) {
            write(machine.apics.get(i), LapicRegs.LDR, 1 << 24 + i);
        }
        machine.apics.get(0).setCr8(4);
        machine.apics.get(2).setCr8(4);
        int lowest = InterruptBus.LOWEST_PRIORITY << 8 | LapicRegs.ICR_LOGICAL;
        ipi(0xf, 0x51 | lowest);
        ipi(0xf, 0x52 | lowest);
        assertEquals(0b1010, holders(0x51) | holders(0x52));
        assertEquals(0, holders(0x51) & holders(0x52));
    }

    @Test
    void startUpSequenceReachesTheProcessor() {
        ipi(1, 0xc500);
        ipi(1, 0x8500);
        ipi(1, 0x0699);
        assertEquals(List.of("init", "startup 153"), machine.signals.get(1));
        assertEquals(List.of(), machine.signals.get(2));
    }

    @Test
    void msiWriteDecodesLikeABusMessage() {
        machine.bus.send(0x10, 0xfee02000L, 0x4061);
        machine.bus.send(0x10, 0xfee03000L, 0xc062);
        machine.bus.send(0x10, 0xfee03000L, 0x8063);
        machine.bus.send(0x10, 0xfed03000L, 0x0064);
        assertEquals(0b0100, holders(0x61));
        assertEquals(0b1000, holders(0x62));
        assertEquals(0, holders(0x63));
        assertEquals(0, holders(0x64));
        Lapic level = machine.apics.get(3);
        level.acknowledge();
        level.mmio().write(LapicRegs.EOI << 4, 4, 0);
        assertEquals(List.of(0x62), machine.eois);
    }

    @Test
    void disabledApicIsNotOnTheBus() {
        assertTrue(machine.apics.get(1).setBase(Lapic.DEFAULT_BASE));
        ipi(1, 0xc500);
        ipi(0, 0x71 | ALL);
        assertEquals(List.of(), machine.signals.get(1));
        assertTrue(machine.apics.get(1).setBase(Lapic.DEFAULT_BASE | Lapic.BASE_ENABLE));
        assertFalse(isRequested(machine.apics.get(1).mmio(), 0x71));
    }
}
