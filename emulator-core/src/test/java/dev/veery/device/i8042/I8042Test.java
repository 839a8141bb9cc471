package dev.veery.device.i8042;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Expectations from IBM's technical reference and from what Linux's i8042, atkbd and psmouse probe. */
class I8042Test {
    private boolean irq1;
    private boolean irq12;
    private int edges1;
    private boolean a20;
    private int resets;
    private final I8042 chip = new I8042(this::setIrq1, level -> irq12 = level, level -> a20 = level, () -> resets++);

    private void setIrq1(boolean level) {
        if (level && !irq1) {
            edges1++;
        }
        irq1 = level;
    }

    @BeforeEach
    void reset() {
        chip.reset();
    }

    private int status() {
        return (int) chip.commandPort().read(0, 1);
    }

    private int data() {
        return (int) chip.dataPort().read(0, 1);
    }

    private void command(int value) {
        chip.commandPort().write(0, 1, value);
    }

    private void data(int value) {
        chip.dataPort().write(0, 1, value);
    }

    private void writeCtr(int value) {
        command(0x60);
        data(value);
    }

    /** Sends bytes to the mouse, each of which it acknowledges. */
    private void mouse(int... bytes) {
        for (int value : bytes) {
            command(0xd4);
            data(value);
            assertEquals(0x21, status() & 0x21);
            assertEquals(0xfa, data());
        }
    }

    private int[] fetch() {
        int[] bytes = new int[64];
        int count = 0;
        while ((status() & 1) != 0) {
            bytes[count++] = data();
        }
        return Arrays.copyOf(bytes, count);
    }

    @Test
    void selfTestsPassAndSetTheSystemFlag() {
        assertEquals(0, status() & 0x05);
        command(0xaa);
        assertEquals(0x55, data());
        assertEquals(0x04, status() & 0x05);
        command(0xab);
        assertEquals(0, data());
        command(0xa9);
        assertEquals(0, data());
    }

    @Test
    void auxLoopComesBackAsTheMousesByteWithItsInterrupt() {
        writeCtr(0x02);
        for (int value : new int[] {0x5a, 0xf0, 0x56, 0xa4}) {
            command(0xd3);
            data(value);
            assertEquals(0x21, status() & 0x21);
            assertTrue(irq12);
            assertEquals(value, data());
            assertFalse(irq12);
        }
    }

    @Test
    void auxSwitchShowsInTheCommandByte() {
        command(0xa7);
        command(0x20);
        assertEquals(0x20, data() & 0x20);
        command(0xa8);
        command(0x20);
        assertEquals(0, data() & 0x20);
    }

    @Test
    void keyboardAnswersItsProbes() {
        writeCtr(0x00);
        data(0xff);
        assertArrayEquals(new int[] {0xfa, 0xaa}, fetch());
        data(0xf2);
        assertArrayEquals(new int[] {0xfa, 0xab, 0x83}, fetch());
        data(0xed);
        assertArrayEquals(new int[] {0xfa}, fetch());
        data(0x05);
        assertArrayEquals(new int[] {0xfa}, fetch());
        assertEquals(5, chip.keyboard().leds());
        data(0xf0);
        data(0x00);
        assertArrayEquals(new int[] {0xfa, 0xfa, 0x02}, fetch());
        data(0xee);
        assertArrayEquals(new int[] {0xee}, fetch());
        data(0xe1);
        assertArrayEquals(new int[] {0xfe}, fetch());
    }

    @Test
    void translationTurnsSet2IntoSet1() {
        writeCtr(0x41);
        chip.keyboard().key(0x1c, true);
        chip.keyboard().key(0x1c, false);
        chip.keyboard().key(0xe075, true);
        assertTrue(chip.keyboard().key(0xe075, false));
        assertArrayEquals(new int[] {0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8}, fetch());
        data(0xf2);
        assertArrayEquals(new int[] {0xfa, 0xab, 0x41}, fetch());
    }

    @Test
    void withoutTranslationReleasesHaveTheirPrefix() {
        writeCtr(0x01);
        chip.keyboard().key(0x1c, true);
        chip.keyboard().key(0x1c, false);
        assertArrayEquals(new int[] {0x1c, 0xf0, 0x1c}, fetch());
        chip.keyboard().key(Ps2Keyboard.PAUSE, true);
        assertArrayEquals(new int[] {0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77}, fetch());
    }

    @Test
    void everyByteMakesAnEdge() {
        writeCtr(0x01);
        chip.keyboard().key(0xe075, true);
        assertEquals(1, edges1);
        data();
        assertEquals(2, edges1);
        data();
        assertEquals(2, edges1);
        assertFalse(irq1);
    }

    @Test
    void keysWaitWhileTheInterfaceIsDisabledAndNoneIsLost() {
        writeCtr(0x10);
        int accepted = 0;
        while (chip.keyboard().key(0x15 + accepted, true)) {
            accepted++;
        }
        assertEquals(0, status() & 1);
        command(0xae);
        int[] bytes = fetch();
        assertEquals(accepted, bytes.length);
        assertEquals(0x15 + accepted - 1, bytes[accepted - 1]);
        assertTrue(chip.keyboard().key(0x15, true));
    }

    @Test
    void translationTableIsOneToOne() {
        Set<Integer> seen = new HashSet<>();
        for (int code = 0; code < 0x80; code++) {
            assertTrue(seen.add(ScanCodes.toSet1(code)), "code " + code);
        }
    }

    @Test
    void mouseAnswersItsProbesAndGrowsAWheelAndButtons() {
        mouse(0xff);
        assertArrayEquals(new int[] {0xaa, 0x00}, fetch());
        mouse(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2);
        assertArrayEquals(new int[] {3}, fetch());
        mouse(0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf2);
        assertArrayEquals(new int[] {4}, fetch());
        mouse(0xe9);
        assertArrayEquals(new int[] {0x00, 2, 80}, fetch());
        command(0xd4);
        data(0xe1);
        assertArrayEquals(new int[] {0xfe}, fetch());
    }

    @Test
    void mouseReportsMovementInItsProtocol() {
        mouse(0xf4);
        chip.mouse().move(5, -3, 1, Ps2Mouse.LEFT);
        assertArrayEquals(new int[] {0x29, 5, 0xfd}, fetch());
        mouse(0xf3, 200, 0xf3, 100, 0xf3, 80);
        chip.mouse().move(300, 0, -1, 0);
        assertArrayEquals(new int[] {0x08, 255, 0, 0xff}, fetch());
        chip.mouse().move(0, 0, 0, Ps2Mouse.RIGHT);
        assertArrayEquals(new int[] {0x0a, 45, 0, 0}, fetch());
        mouse(0xf5);
        chip.mouse().move(9, 9, 0, 0);
        assertEquals(0, status() & 1);
    }

    @Test
    void outputPortDrivesA20AndReset() {
        assertTrue(a20);
        command(0xd1);
        data(0xdd);
        assertFalse(a20);
        command(0xd0);
        assertEquals(0, data() & 0x02);
        command(0xdf);
        assertTrue(a20);
        assertEquals(0, resets);
        command(0xff);
        assertEquals(0, resets);
        command(0xfe);
        assertEquals(1, resets);
        command(0xd1);
        data(0xde);
        assertEquals(2, resets);
    }

    @Test
    void firmwareStateIsReadBack() {
        chip.setUpAsFirmware();
        command(0x20);
        assertEquals(0x65, data());
        assertEquals(0x04, status() & 0x04);
    }

    @Test
    void anyGuestTrafficLeavesItAlive() {
        Random random = new Random(5);
        for (int i = 0; i < 200_000; i++) {
            switch (random.nextInt(4)) {
                case 0:
                    command(random.nextInt(256));
                    break;
                case 1:
                    data(random.nextInt(256));
                    break;
                case 2:
                    data();
                    break;
                default:
                    chip.keyboard().key(random.nextInt(0x80), random.nextBoolean());
                    chip.mouse().move(random.nextInt(600) - 300, random.nextInt(600) - 300, random.nextInt(9) - 4, 0);
                    break;
            }
        }
        command(0xaa);
        assertEquals(0x55, data());
    }
}
