package dev.veery.device.pit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.time.ManualClock;
import org.junit.jupiter.api.Test;

class Pit8254Test {
    private static final long MILLISECOND = 1_000_000;

    private final ManualClock clock = new ManualClock();
    private int edges;
    private boolean level;
    private final Pit8254 pit = new Pit8254(clock, this::wire);
    private final SystemControlPort portB = new SystemControlPort(pit);

    private void wire(boolean value) {
        edges += value && !level ? 1 : 0;
        level = value;
    }

    /** Moves to the first nanosecond of tick {@code n}. */
    private void toTick(long n) {
        clock.advanceTo((n * 1_000_000_000L + Pit8254.HZ - 1) / Pit8254.HZ);
    }

    private void program(int channel, int mode, int count) {
        pit.write(3, 1, channel << 6 | 0x30 | mode << 1);
        pit.write(channel, 1, count & 0xff);
        pit.write(channel, 1, count >> 8);
    }

    private int latched(int channel) {
        pit.write(3, 1, channel << 6);
        int low = (int) pit.read(channel, 1);
        return low | (int) pit.read(channel, 1) << 8;
    }

    private int status(int channel) {
        pit.write(3, 1, 0xe0 | 2 << channel);
        return (int) pit.read(channel, 1);
    }

    private boolean out2() {
        return (portB.read(0, 1) & 0x20) != 0;
    }

    @Test
    void rateGeneratorTicksAtItsRate() {
        program(0, 2, 11932);
        edges = 0;
        clock.advance(1000 * MILLISECOND);
        // 1193182 / 11932 = 99.998
        assertEquals(99, edges);
        clock.advance(MILLISECOND);
        assertEquals(100, edges);
    }

    @Test
    void rateGeneratorCountsFromNToOne() {
        program(0, 2, 1000);
        toTick(1);
        assertEquals(1000, latched(0));
        toTick(1000);
        assertEquals(1, latched(0));
        assertEquals(0x34, status(0), "OUT is low for the last tick, count taken");
        toTick(1001);
        assertEquals(1000, latched(0));
        assertEquals(0xb4, status(0));
    }

    @Test
    void newCountWaitsForTheEndOfTheCycle() {
        program(0, 2, 1000);
        toTick(501);
        pit.write(0, 1, 0x64);
        pit.write(0, 1, 0x00);
        assertEquals(0xf4, status(0), "null count");
        assertEquals(500, latched(0));
        edges = 0;
        toTick(1000);
        assertEquals(0, edges);
        toTick(1001);
        assertEquals(1, edges);
        assertEquals(100, latched(0));
        toTick(1101);
        assertEquals(2, edges);
    }

    @Test
    void squareWaveCountsByTwoInBothHalves() {
        portB.write(0, 1, 1);
        program(2, 3, 7);
        toTick(1);
        assertEquals(6, latched(2));
        assertTrue(out2());
        toTick(4);
        assertEquals(0, latched(2), "the odd tick of the high half");
        assertTrue(out2());
        toTick(5);
        assertFalse(out2());
        assertEquals(6, latched(2));
        toTick(7);
        assertEquals(2, latched(2));
        assertFalse(out2());
        toTick(8);
        assertTrue(out2());
    }

    @Test
    void squareWaveInterruptsOncePerPeriod() {
        clock.advance(1000 * MILLISECOND);
        assertEquals(18, edges - 1, "18.2 a second after reset, plus OUT going high");
    }

    @Test
    void terminalCountRaisesOutOnceAndCountsOn() {
        edges = 0;
        program(0, 0, 1000);
        assertFalse(level);
        toTick(1000);
        assertFalse(level);
        toTick(1001);
        assertTrue(level);
        assertEquals(0, latched(0));
        toTick(1002);
        assertEquals(0xffff, latched(0));
        clock.advance(1000 * MILLISECOND);
        assertEquals(1, edges);
    }

    @Test
    void gateHoldsChannelTwoAndOutShowsInPort61() {
        // What Linux does to calibrate the TSC.
        program(2, 0, 500);
        toTick(400);
        assertFalse(out2());
        assertEquals(500, latched(2), "gate closed");
        portB.write(0, 1, 1);
        toTick(700);
        portB.write(0, 1, 0);
        toTick(5000);
        assertEquals(200, latched(2));
        portB.write(0, 1, 1);
        toTick(5199);
        assertFalse(out2());
        toTick(5200);
        assertTrue(out2());
    }

    @Test
    void hardwareOneShotIsRetriggeredByTheGate() {
        program(2, 1, 100);
        assertTrue(out2());
        portB.write(0, 1, 1);
        toTick(1);
        assertFalse(out2());
        toTick(60);
        portB.write(0, 1, 0);
        portB.write(0, 1, 1);
        toTick(160);
        assertFalse(out2());
        toTick(161);
        assertTrue(out2());
    }

    @Test
    void softwareStrobePulsesAfterItsCount() {
        program(0, 4, 2000);
        edges = 0;
        toTick(2001);
        assertEquals(0x38, status(0), "low for one tick");
        toTick(2002);
        assertEquals(0xb8, status(0));
        assertEquals(1, edges);
    }

    @Test
    void latchHoldsUntilBothBytesAreRead() {
        program(0, 2, 0x1234);
        toTick(0x101);
        pit.write(3, 1, 0);
        toTick(0x201);
        pit.write(3, 1, 0);
        assertEquals(0x34, pit.read(0, 1));
        assertEquals(0x11, pit.read(0, 1));
        assertEquals(0x34, pit.read(0, 1));
        assertEquals(0x10, pit.read(0, 1));
    }

    @Test
    void readBackGivesStatusBeforeCount() {
        program(0, 2, 0x1234);
        toTick(0x101);
        pit.write(3, 1, 0xc2);
        assertEquals(0xb4, pit.read(0, 1));
        assertEquals(0x34, pit.read(0, 1));
        assertEquals(0x11, pit.read(0, 1));
    }

    @Test
    void bcdCountsInDecimal() {
        pit.write(3, 1, 0x35);
        pit.write(0, 1, 0x00);
        pit.write(0, 1, 0x10);
        toTick(2);
        assertEquals(0x0999, latched(0));
    }

    @Test
    void refreshTogglesEvery15Microseconds() {
        int toggles = 0;
        long last = portB.read(0, 1) & 0x10;
        for (int i = 0; i < 1000; i++) {
            clock.advance(1000);
            long now = portB.read(0, 1) & 0x10;
            toggles += now != last ? 1 : 0;
            last = now;
        }
        assertEquals(66, toggles);
    }
}
