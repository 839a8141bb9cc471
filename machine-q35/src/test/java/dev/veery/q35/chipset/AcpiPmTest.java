package dev.veery.q35.chipset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.time.ManualClock;
import org.junit.jupiter.api.Test;

class AcpiPmTest {
    private static final long SECOND = 1_000_000_000L;

    private final ManualClock clock = new ManualClock();
    private boolean sci;
    private int powerOffs;
    private final AcpiPm pm = new AcpiPm(clock, level -> sci = level, () -> powerOffs++);

    AcpiPmTest() {
        pm.reset();
        pm.setUpAsFirmware();
    }

    @Test
    void theTimerCountsAt3579545HertzIn24Bits() {
        clock.advance(SECOND);
        assertEquals(3_579_545, pm.read(AcpiPm.PM1_TMR, 4));
        clock.advance(9 * SECOND);
        assertEquals(35_795_450 & 0xff_ffff, pm.read(AcpiPm.PM1_TMR, 4));
        assertEquals((35_795_450 & 0xff_ffff) >> 8 & 0xff, pm.read(AcpiPm.PM1_TMR + 1, 1) & 0xff);
    }

    @Test
    void aChangeOfTheHighestTimerBitRaisesTheSci() {
        pm.write(AcpiPm.PM1_EN, 2, AcpiPm.TMROF);
        long half = (1L << 23) * SECOND / AcpiPm.TIMER_HZ;
        clock.advance(half - 1000);
        assertFalse(sci);
        clock.advance(2000);
        assertTrue(sci);
        pm.write(AcpiPm.PM1_STS, 2, AcpiPm.TMROF);
        assertFalse(sci);
        clock.advance(half);
        assertTrue(sci);
        assertEquals(AcpiPm.TMROF, pm.read(AcpiPm.PM1_STS, 2));
    }

    @Test
    void thePowerButtonIsAnEventThatWritingOneClears() {
        pm.pressPowerButton();
        assertFalse(sci);
        assertEquals(AcpiPm.PWRBTN, pm.read(AcpiPm.PM1_STS, 2));
        pm.write(AcpiPm.PM1_EN, 2, AcpiPm.PWRBTN);
        assertTrue(sci);
        pm.write(AcpiPm.PM1_STS, 2, 0);
        assertTrue(sci);
        pm.write(AcpiPm.PM1_STS, 2, AcpiPm.PWRBTN);
        assertFalse(sci);
    }

    @Test
    void generalPurposeEventsNeedTheirEnable() {
        pm.raiseGpe(1);
        assertFalse(sci);
        pm.write(AcpiPm.GPE0_EN, 1, 2);
        assertTrue(sci);
        pm.write(AcpiPm.GPE0_STS, 1, 2);
        assertFalse(sci);
    }

    @Test
    void sleepEnableWithTypeFiveSwitchesOffOnce() {
        pm.write(AcpiPm.PM1_CNT, 2, 1 << AcpiPm.SLP_TYP_SHIFT | AcpiPm.SLP_EN | AcpiPm.SCI_EN);
        assertEquals(0, powerOffs);
        pm.write(AcpiPm.PM1_CNT, 2, AcpiPm.SCI_EN);
        assertEquals(0, powerOffs);
        pm.write(AcpiPm.PM1_CNT + 1, 1, AcpiPm.SLP_EN >> 8);
        assertEquals(1, powerOffs);
        assertEquals(AcpiPm.SCI_EN, pm.read(AcpiPm.PM1_CNT, 2));
        pm.write(AcpiPm.PM1_CNT, 4, AcpiPm.SLP_EN | AcpiPm.SCI_EN);
        assertEquals(2, powerOffs);
    }
}
