package dev.veery.device.pcitest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TestBarTest {
    private final TestBar bar = new TestBar("portio", 256);

    @Test
    void onlyTheDescribedWriteOfTheSelectedTestCounts() {
        bar.write(TestBar.TEST, 1, 1);
        assertEquals(1, bar.read(TestBar.WIDTH, 1));
        long offset = bar.read(TestBar.OFFSET, 4);
        long data = bar.read(TestBar.DATA, 4);
        bar.write(offset, 1, data);
        bar.write(offset, 1, data + 1);
        bar.write(offset, 2, data);
        bar.write(offset + 1, 1, data);
        bar.write(offset, 1, data);
        assertEquals(2, bar.read(TestBar.COUNT, 4));
        assertEquals('p', bar.read(TestBar.NAME, 1));
        bar.write(TestBar.TEST, 1, 1);
        assertEquals(0, bar.read(TestBar.COUNT, 4));
    }

    @Test
    void theFirstTestThatIsMissingHasNoWidth() {
        bar.write(TestBar.TEST, 1, 3);
        assertEquals(0, bar.read(TestBar.WIDTH, 1));
        bar.write(128, 1, 0xfa);
        assertEquals(0, bar.read(TestBar.COUNT, 4));
    }
}
