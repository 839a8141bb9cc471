package dev.veery.device.hpet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.IrqLine;
import dev.veery.time.ManualClock;
import org.junit.jupiter.api.Test;

class HpetTest {
    private static final int INT_LEVEL = 0x2;
    private static final int INT_ENABLE = 0x4;
    private static final int PERIODIC = 0x8;
    private static final int VAL_SET = 0x40;
    private static final int BITS_32 = 0x100;
    private static final int ROUTE_16 = 16 << 9;

    private final ManualClock clock = new ManualClock();
    private final int[] edges = new int[24];
    private final boolean[] levels = new boolean[24];
    private final Hpet hpet = new Hpet(clock, wires(), 0xff0104);

    private IrqLine[] wires() {
        IrqLine[] wires = new IrqLine[24];
        for (int i = 0; i < wires.length; i++) {
            int n = i;
            wires[i] = level -> {
                edges[n] += level && !levels[n] ? 1 : 0;
                levels[n] = level;
            };
        }
        return wires;
    }

    private void set(int register, long value) {
        hpet.write(register, 4, value & 0xffffffffL);
    }

    private long get(int register) {
        return hpet.read(register, 4) & 0xffffffffL;
    }

    private void advanceTicks(long ticks) {
        clock.advance(ticks * 10);
    }

    @Test
    void describesItself() {
        assertEquals(0x00989680_8086a201L, hpet.read(0, 8));
        assertEquals(10_000_000, get(4));
        assertEquals(0x00ff0104_00000030L, hpet.read(0x100, 8));
        assertEquals(0, hpet.read(0x160, 8), "three timers");
    }

    @Test
    void counterRunsOnlyWhileEnabledAndCanBeSet() {
        advanceTicks(1000);
        assertEquals(0, hpet.read(0xf0, 8));
        hpet.write(0xf0, 8, 0xffff_fff0L);
        set(0x10, 1);
        advanceTicks(0x20);
        assertEquals(0x1_0000_0010L, hpet.read(0xf0, 8));
        assertEquals(1, get(0xf4));
        set(0x10, 0);
        advanceTicks(50);
        assertEquals(0x1_0000_0010L, hpet.read(0xf0, 8));
    }

    @Test
    void oneShotMatchesOnce() {
        set(0x10, 1);
        set(0x120, INT_ENABLE | ROUTE_16);
        assertEquals(0, edges[16], "enabling alone matches nothing");
        hpet.write(0x128, 8, 5000);
        advanceTicks(4999);
        assertEquals(0, edges[16]);
        advanceTicks(1);
        assertEquals(1, edges[16]);
        assertEquals(0, get(0x20), "edges leave no status");
        advanceTicks(1_000_000);
        assertEquals(1, edges[16]);
    }

    @Test
    void periodicIsSetAsLinuxDoes() {
        set(0x10, 3);
        advanceTicks(700);
        set(0x100, INT_ENABLE | PERIODIC | VAL_SET | BITS_32);
        set(0x108, 700 + 100_000);
        set(0x108, 100_000);
        advanceTicks(99_999);
        assertEquals(0, edges[0]);
        advanceTicks(1);
        assertEquals(1, edges[0], "legacy replacement makes timer 0 IRQ0");
        advanceTicks(1_000_000);
        assertEquals(11, edges[0]);
        assertEquals(700 + 1_200_000, get(0x108));
    }

    @Test
    void levelHoldsUntilStatusIsCleared() {
        set(0x10, 1);
        set(0x140, INT_ENABLE | INT_LEVEL | ROUTE_16);
        set(0x148, 100);
        assertFalse(levels[16], "half a comparator is no match");
        set(0x14c, 0);
        advanceTicks(99);
        assertFalse(levels[16]);
        advanceTicks(1);
        assertTrue(levels[16]);
        assertEquals(4, get(0x20));
        set(0x20, 1);
        assertTrue(levels[16]);
        set(0x20, 4);
        assertFalse(levels[16]);
    }

    @Test
    void narrowComparatorMatchesAgainAfterTheWrap() {
        set(0x10, 1);
        set(0x120, INT_ENABLE | BITS_32 | ROUTE_16);
        set(0x128, 5000);
        advanceTicks(5000);
        assertEquals(1, edges[16]);
        advanceTicks(0xffff_ffffL);
        assertEquals(1, edges[16]);
        advanceTicks(1);
        assertEquals(2, edges[16]);
    }

    @Test
    void valueJustPassedExpiresAtOnce() {
        set(0x10, 1);
        set(0x120, INT_ENABLE | BITS_32 | ROUTE_16);
        advanceTicks(5000);
        set(0x128, 4990);
        assertEquals(1, edges[16]);
    }

    @Test
    void legacyReplacementSilencesPitAndRtc() {
        hpet.pitInput().pulse();
        hpet.rtcInput().set(true);
        assertEquals(1, edges[0]);
        assertTrue(levels[8]);
        set(0x10, 2);
        assertFalse(levels[8]);
        hpet.pitInput().pulse();
        assertEquals(1, edges[0]);
        set(0x10, 0);
        assertTrue(levels[8]);
    }

    @Test
    void legacyReplacementIsToldToA8254Elsewhere() {
        boolean[] legacy = new boolean[1];
        hpet.connectLegacy(level -> legacy[0] = level);
        set(0x10, 2);
        assertTrue(legacy[0]);
        hpet.reset();
        assertFalse(legacy[0]);
    }

    @Test
    void routeThatIsNotOfferedIsNotTaken() {
        set(0x120, INT_ENABLE | ROUTE_16);
        set(0x120, INT_ENABLE | 5 << 9);
        assertEquals(0x30 | INT_ENABLE | ROUTE_16, get(0x120));
    }

    @Test
    void shortestPeriodDoesNotFloodTheHost() {
        set(0x10, 1);
        set(0x120, INT_ENABLE | PERIODIC | VAL_SET | ROUTE_16);
        hpet.write(0x128, 8, 1);
        advanceTicks(100_000);
        assertTrue(edges[16] > 40 && edges[16] <= 51, "one in 20 microseconds, not " + edges[16]);
    }
}
