package dev.veery.device.lapic;

import static dev.veery.device.lapic.LapicFixture.read;
import static dev.veery.device.lapic.LapicFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LapicTimerTest {
    private static final int VECTOR = 0xee;
    private static final int PERIODIC = 1 << 17;
    private static final int DEADLINE = 2 << 17;
    private static final int DIVIDE_BY_1 = 0xb;
    private static final int DIVIDE_BY_16 = 3;

    private final LapicFixture machine = new LapicFixture(0);
    private final Lapic apic = machine.apics.get(0);

    private void start(int lvt, int divide, int count) {
        write(apic, LapicRegs.DCR, divide);
        write(apic, LapicRegs.LVT_TIMER, lvt);
        write(apic, LapicRegs.INITIAL_COUNT, count);
    }

    private boolean expired() {
        boolean was = apic.acknowledge() == VECTOR;
        write(apic, LapicRegs.EOI, 0);
        return was;
    }

    @Test
    void oneShotCountsDownThroughTheDividerOnce() {
        start(VECTOR, DIVIDE_BY_16, 1000);
        machine.clock.advance(8_000);
        assertEquals(500, read(apic, LapicRegs.CURRENT_COUNT));
        machine.clock.advance(7_999);
        assertFalse(apic.hasInterrupt());
        machine.clock.advance(1);
        assertTrue(expired());
        assertEquals(0, read(apic, LapicRegs.CURRENT_COUNT));
        machine.clock.advance(1_000_000);
        assertFalse(apic.hasInterrupt());
    }

    @Test
    void periodicReloads() {
        start(VECTOR | PERIODIC, DIVIDE_BY_1, 100_000);
        machine.clock.advance(100_000);
        assertTrue(expired());
        machine.clock.advance(99_999);
        assertFalse(apic.hasInterrupt());
        machine.clock.advance(1);
        assertTrue(expired());
        machine.clock.advance(50_000);
        assertEquals(50_000, read(apic, LapicRegs.CURRENT_COUNT));
    }

    @Test
    void maskedTimerRunsWithoutInterrupt() {
        start(VECTOR | PERIODIC | LapicRegs.LVT_MASKED, DIVIDE_BY_1, 100_000);
        machine.clock.advance(150_000);
        assertFalse(apic.hasInterrupt());
        assertEquals(50_000, read(apic, LapicRegs.CURRENT_COUNT));
    }

    @Test
    void changingModeKeepsTheCountButAStoppedTimerStaysStopped() {
        start(VECTOR | PERIODIC, DIVIDE_BY_1, 100_000);
        machine.clock.advance(150_000);
        write(apic, LapicRegs.LVT_TIMER, VECTOR);
        machine.clock.advance(60_000);
        assertEquals(0, read(apic, LapicRegs.CURRENT_COUNT));
        write(apic, LapicRegs.LVT_TIMER, VECTOR | PERIODIC);
        machine.clock.advance(10_000);
        assertEquals(0, read(apic, LapicRegs.CURRENT_COUNT));

        write(apic, LapicRegs.INITIAL_COUNT, 100_000);
        write(apic, LapicRegs.LVT_TIMER, VECTOR);
        write(apic, LapicRegs.LVT_TIMER, VECTOR | PERIODIC);
        machine.clock.advance(130_000);
        assertEquals(70_000, read(apic, LapicRegs.CURRENT_COUNT));
    }

    @Test
    void zeroStops() {
        start(VECTOR, DIVIDE_BY_1, 1000);
        write(apic, LapicRegs.INITIAL_COUNT, 0);
        machine.clock.advance(5_000);
        assertFalse(apic.hasInterrupt());
    }

    @Test
    void deadlineFiresAtTheTscValueAndClearsItself() {
        apic.setTscDeadline(5_000);
        assertEquals(0, apic.tscDeadline(), "ignored outside its mode");
        write(apic, LapicRegs.LVT_TIMER, VECTOR | DEADLINE);
        apic.setTscDeadline(5_000);
        assertEquals(5_000, apic.tscDeadline());
        machine.clock.advance(4_999);
        assertFalse(apic.hasInterrupt());
        machine.clock.advance(1);
        assertTrue(expired());
        assertEquals(0, apic.tscDeadline());

        apic.setTscDeadline(1);
        assertTrue(expired(), "a past deadline fires at once");
        apic.setTscDeadline(-1L);
        apic.setTscDeadline(6_000);
        apic.setTscDeadline(0);
        machine.clock.advance(10_000);
        assertFalse(apic.hasInterrupt());
    }

    @Test
    void leavingDeadlineModeDisarms() {
        write(apic, LapicRegs.LVT_TIMER, VECTOR | DEADLINE);
        apic.setTscDeadline(5_000);
        write(apic, LapicRegs.INITIAL_COUNT, 77);
        assertEquals(0, read(apic, LapicRegs.INITIAL_COUNT));
        write(apic, LapicRegs.LVT_TIMER, VECTOR);
        machine.clock.advance(10_000);
        assertFalse(apic.hasInterrupt());
    }
}
