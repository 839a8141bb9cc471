package dev.veery.device.dma8237;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class Dma8237Test {
    private final Dma8237 first = new Dma8237(false);
    private final Dma8237 second = new Dma8237(true);

    @Test
    void wordsGoThroughTheFlipFlopLowByteFirst() {
        first.write(0xc, 1, 0);
        first.write(2, 1, 0x34);
        first.write(2, 1, 0x12);
        first.read(3, 1);
        first.write(0xc, 1, 0);
        assertEquals(0x34, first.read(2, 1));
        assertEquals(0x12, first.read(2, 1));
        assertEquals(0x34, first.read(2, 1));
    }

    @Test
    void secondControllerHasEveryRegisterTwice() {
        second.write(0x18, 1, 0);
        second.write(0x04, 1, 0x78);
        second.write(0x05, 1, 0x56);
        second.write(0x18, 1, 0);
        assertEquals(0x78, second.read(0x04, 1));
        assertEquals(0x56, second.read(0x05, 1));
    }

    @Test
    void masksAndRequestsAreSetPerChannel() {
        assertEquals(0xff, first.read(0xf, 1));
        first.write(0xa, 1, 2);
        assertEquals(0xfb, first.read(0xf, 1));
        first.write(0xe, 1, 0);
        assertEquals(0xf0, first.read(0xf, 1));
        first.write(0x9, 1, 0x07);
        assertEquals(0x80, first.read(8, 1));
        first.write(0xd, 1, 0);
        assertEquals(0xff, first.read(0xf, 1));
        assertEquals(0, first.read(8, 1));
    }

    @Test
    void pageRegistersAreLatches() {
        DmaPages pages = new DmaPages();
        pages.write(0, 1, 0x55);
        pages.write(7, 1, 0xaa);
        assertEquals(0x55, pages.read(0, 1));
        assertEquals(0xaa, pages.read(7, 1));
        pages.reset();
        assertEquals(0, pages.read(7, 1));
    }
}
