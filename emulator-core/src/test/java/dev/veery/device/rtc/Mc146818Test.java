package dev.veery.device.rtc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.Units;
import dev.veery.time.ManualClock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Expectations from the MC146818A data sheet. */
class Mc146818Test {
    private static final long SECOND = 1_000_000_000L;
    private static final int A = 0x0a;
    private static final int B = 0x0b;
    private static final int C = 0x0c;

    private final ManualClock clock = new ManualClock();
    private boolean line;
    /** Monday. */
    private final Mc146818 rtc = at(LocalDateTime.of(2024, 2, 28, 23, 59, 58));

    private Mc146818 at(LocalDateTime time) {
        return new Mc146818(level -> line = level, clock, () -> time.toEpochSecond(ZoneOffset.UTC) * SECOND);
    }

    private int get(int register) {
        rtc.write(0, 1, register);
        return (int) rtc.read(1, 1);
    }

    private void set(int register, int value) {
        rtc.write(0, 1, register);
        rtc.write(1, 1, value);
    }

    private String time() {
        return String.format(
                "%02x%02x-%02x-%02x %02x:%02x:%02x day %d",
                get(0x32), get(9), get(8), get(7), get(4), get(2), get(0), get(6));
    }

    @Test
    void showsBcdTimeAndCarriesIntoALeapDay() {
        assertEquals("2024-02-28 23:59:58 day 4", time());
        clock.advance(2 * SECOND);
        assertEquals("2024-02-29 00:00:00 day 5", time());
        clock.advance(86_400 * SECOND);
        assertEquals("2024-03-01 00:00:00 day 6", time());
    }

    @Test
    void centuryCarriesAndHasTwoAddresses() {
        set(9, 0x99);
        set(8, 0x12);
        set(7, 0x31);
        clock.advance(2 * SECOND);
        assertEquals(0x21, get(0x32));
        assertEquals(0x21, get(0x37));
        assertEquals(0x00, get(9));
    }

    @Test
    void twelveHourAndBinaryFormatsCountThroughNoonAndMidnight() {
        set(B, 0x80);
        set(0, 59);
        set(2, 59);
        set(4, 0x80 | 11);
        set(B, 0x04);
        clock.advance(SECOND);
        assertEquals(12, get(4), "midnight is 12 AM");
        set(2, 59);
        set(0, 59);
        set(4, 11);
        clock.advance(SECOND);
        assertEquals(0x80 | 12, get(4), "noon is 12 PM");
        assertEquals(0, get(2));
    }

    @Test
    void updateInProgressPrecedesTheUpdateExactly() {
        long window = Mc146818.UIP_TICKS * SECOND / 32_768;
        clock.advance(SECOND - window - 1);
        assertEquals(0x26, get(A));
        clock.advance(2);
        assertEquals(0xa6, get(A));
        clock.advance(window - 2);
        assertEquals(0xa6, get(A));
        assertEquals(0x58, get(0));
        clock.advance(1);
        assertEquals(0x26, get(A));
        assertEquals(0x59, get(0));
    }

    @Test
    void setStopsUpdatesAndClearsItsInterrupt() {
        set(B, 0x12);
        set(B, 0x92);
        assertEquals(0x82, get(B));
        clock.advance(5 * SECOND);
        assertEquals(0x58, get(0));
        assertEquals(0, get(C) & 0x10);
        set(B, 0x02);
        clock.advance(SECOND);
        assertEquals(0x59, get(0));
    }

    @Test
    void dividerResetDelaysTheFirstUpdateByHalfASecond() {
        set(A, 0x76);
        clock.advance(3 * SECOND + 123);
        assertEquals(0x58, get(0));
        set(A, 0x26);
        clock.advance(SECOND / 2 - 1);
        assertEquals(0x58, get(0));
        clock.advance(1);
        assertEquals(0x59, get(0));
    }

    @Test
    void periodicInterruptHasItsRateAndWaitsForRegisterC() {
        // 1024 Hz.
        set(B, 0x42);
        get(C);
        long period = SECOND / 1024 + 1;
        for (int i = 0; i < 3; i++) {
            clock.advance(period);
            assertTrue(line);
            clock.advance(5 * period);
            assertEquals(0xc0, get(C) & 0xe0);
            assertFalse(line);
            assertEquals(0, get(C));
        }
    }

    @Test
    void periodicFlagIsSetWithoutItsInterrupt() {
        clock.advance(SECOND / 512);
        assertFalse(line);
        assertEquals(0x40, get(C));
        clock.advance(SECOND / 512);
        set(B, 0x42);
        assertTrue(line, "a flag that is set interrupts when enabled");
    }

    @Test
    void updateEndedInterruptsOnceASecond() {
        set(A, 0x20);
        set(B, 0x12);
        clock.advance(SECOND - 1);
        assertFalse(line);
        clock.advance(1);
        assertTrue(line);
        assertEquals(0x90, get(C));
        clock.advance(SECOND);
        assertTrue(line);
    }

    @Test
    void alarmMatchesItsSecondAndDontCareEveryHour() {
        set(A, 0x20);
        set(5, 0xff);
        set(3, 0x10);
        set(1, 0x05);
        set(B, 0x22);
        long first = 2 + 10 * 60 + 5;
        clock.advance(first * SECOND - 1);
        assertFalse(line);
        clock.advance(1);
        assertTrue(line);
        assertEquals(0xb0, get(C));
        clock.advance(3600 * SECOND - 1);
        assertFalse(line);
        clock.advance(1);
        assertTrue(line);
    }

    @Test
    void impossibleAlarmNeverComes() {
        set(A, 0x20);
        set(5, 0x23);
        set(3, 0x7a);
        set(B, 0x22);
        clock.advance(3 * 86_400 * SECOND);
        assertFalse(line);
        assertEquals(0x10, get(C));
    }

    @Test
    void resetClearsInterruptsOnly() {
        set(B, 0x72);
        clock.advance(SECOND);
        assertTrue(line);
        rtc.setNvram(0x0f, 0x0a);
        rtc.reset();
        assertFalse(line);
        assertEquals(0x02, get(B));
        assertEquals(0, get(C));
        assertEquals(0x59, get(0));
        assertEquals(0x0a, get(0x0f));
    }

    @Test
    void banksAreSeparateAndIndexHoldsTheNmiMask() {
        set(0x80 | 0x40, 0x11);
        assertTrue(rtc.nmiDisabled());
        rtc.write(2, 1, 0x40);
        rtc.write(3, 1, 0x22);
        assertEquals(0x22, rtc.read(3, 1));
        assertEquals(0x11, get(0x40));
        assertFalse(rtc.nmiDisabled());
        assertEquals(0x22, rtc.nvram(0xc0));
        assertThrows(IllegalArgumentException.class, () -> rtc.setNvram(0x0d, 0));
    }

    @Test
    void memorySizesAreStoredInTheirUnits() {
        CmosMemorySize.store(rtc, 2 * Units.GIB, 6 * Units.GIB);
        assertEquals(640, get(0x15) | get(0x16) << 8);
        assertEquals(0xffff, get(0x17) | get(0x18) << 8);
        assertEquals(0xffff, get(0x30) | get(0x31) << 8);
        assertEquals((2048 - 16) * 16, get(0x34) | get(0x35) << 8);
        assertEquals(6 * 16_384, get(0x5b) | get(0x5c) << 8 | get(0x5d) << 16);
    }

    @Test
    void arbitraryRegisterContentsNeverBreakIt() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            set(random.nextInt(0x0e), random.nextInt(256));
            if (i % 16 == 0) {
                set(0x32, random.nextInt(256));
            }
            clock.advance(random.nextInt(2_000_000_000));
            assertEquals(0x80, get(0x0d));
        }
    }
}
