package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.ApicMessage;
import dev.veery.irq.MsiSink;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterruptRemapperTest {
    private static final int SOURCE = 0x0108;

    /** An entry at index 3: present, destination 0x1234 (EIM) or 0x12 (xAPIC), vector 0x55. */
    private static void entry(VtdBench b, long low, long high) {
        b.put(VtdBench.IRT + 3 * 16, low | 0x55 << 16 | 1);
        b.put(VtdBench.IRT + 3 * 16 + 8, high);
    }

    private static void enable(VtdBench b, boolean extended) {
        b.setReg(VtdRegs.IRTA, 8, VtdBench.IRT | 7 | (extended ? VtdRegs.IRTA_EIME : 0));
        b.command(VtdRegs.GCMD_SIRTP);
        b.command(VtdRegs.GCMD_IRE);
    }

    private static void send(VtdBench b, long address, int data) {
        b.unit.remapping(b.bus).send(SOURCE, 0xfee0_0000L | address, data);
    }

    private static long handle(int index) {
        return (long) (index & 0x7fff) << 5 | 1 << 4 | index >> 15 << 2;
    }

    @Test
    void messagesPassUntilRemappingIsOn() {
        try (VtdBench b = new VtdBench()) {
            send(b, 0x2000, 0x41);
            assertEquals(List.of("physical 2", "mode 0 vector 65 edge"), b.interrupts);
        }
    }

    @Test
    void entriesDecideWhereMessagesGo() {
        try (VtdBench b = new VtdBench()) {
            enable(b, true);
            entry(b, 0x1234L << 32 | 1 << 4, 1 << 18 | SOURCE);
            send(b, handle(3), 0);
            assertEquals(List.of("physical 1234", "mode 0 vector 85 level"), b.interrupts);
            b.interrupts.clear();
            // With a subhandle the data counts from the handle on; lowest priority is arbitrated.
            entry(b, 1L << 32 | 1 << 5 | 1 << 3 | 1 << 2, 0);
            send(b, handle(1) | 1 << 3, 2);
            assertEquals(List.of("logical 1", "mode 0 vector 85 edge"), b.interrupts);
            assertEquals(0, b.fault(0));
        }
    }

    @Test
    void withoutEimDestinationsHaveEightBits() {
        try (VtdBench b = new VtdBench()) {
            enable(b, false);
            entry(b, 0xffL << 40, 0);
            send(b, handle(3), 0);
            assertEquals(List.of("physical ffffffff", "mode 0 vector 85 edge"), b.interrupts);
            entry(b, 0xff00_0100L << 32, 0);
            send(b, handle(3), 0);
            assertEquals(VtdFault.IR_ENTRY_RESERVED, b.fault(0));
        }
    }

    @Test
    void compatibilityFormatIsBlockedUnlessAllowed() {
        try (VtdBench b = new VtdBench()) {
            enable(b, false);
            send(b, 0x2000, 0x41);
            assertEquals(List.of(), b.interrupts);
            assertEquals(VtdFault.IR_COMPATIBILITY, b.fault(0));
            b.command(VtdRegs.GCMD_CFI);
            send(b, 0x2000, 0x41);
            assertEquals(List.of("physical 2", "mode 0 vector 65 edge"), b.interrupts);
            b.setReg(VtdRegs.IRTA, 8, VtdBench.IRT | 7 | VtdRegs.IRTA_EIME);
            b.command(VtdRegs.GCMD_SIRTP);
            send(b, 0x2000, 0x41);
            assertEquals(2, b.interrupts.size());
        }
    }

    @Test
    void whatEntriesForbidIsRecordedAndNotDelivered() {
        try (VtdBench b = new VtdBench()) {
            enable(b, true);
            send(b, handle(256), 0);
            assertEquals(VtdFault.IR_INDEX, b.fault(0));
            assertEquals(256L << 48, b.reg(VtdRegs.FRCD, 8));
            send(b, handle(3), 0);
            assertEquals(VtdFault.IR_NOT_PRESENT, b.fault(1));
            entry(b, 0, 1 << 18 | SOURCE + 1);
            send(b, handle(3), 0);
            assertEquals(VtdFault.IR_SOURCE, b.fault(2));
            entry(b, 0, 2 << 18 | 0x0203);
            send(b, handle(3), 0);
            assertEquals(VtdFault.IR_SOURCE, b.fault(3));
            send(b, handle(3) | 1 << 3, 1 << 16);
            assertEquals(VtdFault.IR_REQUEST_RESERVED, b.fault(4));
            entry(b, 1 << 15, 0);
            send(b, handle(3), 0);
            assertEquals(VtdFault.IR_ENTRY_RESERVED, b.fault(5));
            entry(b, 2, 1 << 18);
            send(b, handle(3), 0);
            assertEquals(0, b.fault(6));
            assertEquals(List.of(), b.interrupts);
            // The function's lowest bits may be left out of the comparison, or any bus of a range be allowed.
            entry(b, 0, 1 << 18 | 3 << 16 | SOURCE + 7);
            send(b, handle(3), 0);
            entry(b, 0, 2 << 18 | 0x0001);
            send(b, handle(3), 0);
            assertEquals(4, b.interrupts.size());
        }
    }

    @Test
    void resolvingSaysWhereAMessageWouldGoAndRecordsNothing() {
        try (VtdBench b = new VtdBench()) {
            enable(b, true);
            ApicMessage message = new ApicMessage();
            MsiSink unit = b.unit.remapping(b.bus);
            assertFalse(unit.resolve(SOURCE, 0xfee0_0000L | handle(3), 0, message));
            assertFalse(unit.resolve(SOURCE, 0xfee0_0000L | handle(256), 0, message));
            assertFalse(unit.resolve(SOURCE, 0xfee0_2000L, 0x41, message));
            entry(b, 0x1234L << 32, 1 << 18 | SOURCE);
            assertTrue(unit.resolve(SOURCE, 0xfee0_0000L | handle(3), 0, message));
            assertEquals(0x1234, message.destination());
            assertEquals(0x55, message.vector());
            assertEquals(0, b.fault(0));
            assertEquals(List.of(), b.interrupts);
        }
    }

    @Test
    void theGuestsInvalidationsAreHeardBehindTheUnit() {
        try (VtdBench b = new VtdBench()) {
            int[] heard = new int[1];
            b.unit.remapping(b.bus).onRemapped(() -> heard[0]++);
            enable(b, true);
            int enabled = heard[0];
            assertTrue(enabled >= 2);
            b.enable();
            heard[0] = 0;
            b.submit(4, 0);
            assertEquals(1, heard[0]);
        }
    }

    @Test
    void theUnitsOwnInterruptsReachWideDestinations() {
        try (VtdBench b = new VtdBench()) {
            enable(b, true);
            b.setReg(VtdRegs.FECTL + 4, 4, 0x31);
            b.setReg(VtdRegs.FECTL + 8, 4, 0xfee3_4000L);
            b.setReg(VtdRegs.FECTL + 12, 4, 0x1200);
            b.setReg(VtdRegs.FECTL, 4, 0);
            send(b, handle(3), 0);
            assertEquals(List.of("physical 1234", "mode 0 vector 49 edge"), b.interrupts);
        }
    }
}
