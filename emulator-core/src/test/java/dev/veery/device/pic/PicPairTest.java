package dev.veery.device.pic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PicPairTest {
    private boolean intr;
    private final PicPair pic = new PicPair(level -> intr = level);

    @BeforeEach
    void initializeAsAPcDoes() {
        initialize(0x01);
    }

    private void initialize(int icw4) {
        pic.masterPorts().write(0, 1, 0x11);
        pic.masterPorts().write(1, 1, 0x20);
        pic.masterPorts().write(1, 1, 0x04);
        pic.masterPorts().write(1, 1, icw4);
        pic.slavePorts().write(0, 1, 0x11);
        pic.slavePorts().write(1, 1, 0x28);
        pic.slavePorts().write(1, 1, 0x02);
        pic.slavePorts().write(1, 1, icw4);
    }

    private long masterIsr() {
        pic.masterPorts().write(0, 1, 0x0b);
        return pic.masterPorts().read(0, 1);
    }

    private long masterIrr() {
        pic.masterPorts().write(0, 1, 0x0a);
        return pic.masterPorts().read(0, 1);
    }

    @Test
    void lowerInputsWinAndHoldBackTheRestUntilEoi() {
        pic.line(4).pulse();
        pic.line(1).pulse();
        assertTrue(intr);
        assertEquals(0x21, pic.pendingVector());
        assertEquals(0x21, pic.acknowledge());
        assertFalse(intr);
        assertEquals(0x02, masterIsr());
        assertEquals(0x10, masterIrr());

        pic.masterPorts().write(0, 1, 0x20);
        assertTrue(intr);
        assertEquals(0x24, pic.acknowledge());
    }

    @Test
    void slaveInterruptsArriveThroughTheCascade() {
        pic.line(14).pulse();
        assertEquals(0x2e, pic.acknowledge());
        assertEquals(0x04, masterIsr());

        pic.line(8).pulse();
        assertFalse(intr, "the cascade input is still in service");
        pic.masterPorts().write(0, 1, 0x62);
        assertTrue(intr);
        assertEquals(0x28, pic.acknowledge());
    }

    @Test
    void theEndOfAnInterruptIsToldByItsNumber() {
        List<Integer> ended = new ArrayList<>();
        pic.onEnded(ended::add);
        pic.line(11).pulse();
        pic.acknowledge();

        pic.slavePorts().write(0, 1, 0x20);

        assertEquals(List.of(11), ended);
    }

    @Test
    void maskedEdgeStaysLatched() {
        pic.masterPorts().write(1, 1, 0xff);
        pic.line(3).pulse();
        assertFalse(intr);
        pic.masterPorts().write(1, 1, 0xf7);
        assertTrue(intr);
        assertEquals(0xf7, pic.masterPorts().read(1, 1));
    }

    @Test
    void elcrMakesAnInputFollowItsWire() {
        pic.elcrPorts().write(0, 1, 0xff);
        pic.elcrPorts().write(1, 1, 0xff);
        assertEquals(0xf8, pic.elcrPorts().read(0, 1));
        assertEquals(0xde, pic.elcrPorts().read(1, 1));

        pic.line(5).set(true);
        assertEquals(0x25, pic.acknowledge());
        pic.masterPorts().write(0, 1, 0x20);
        assertTrue(intr, "still asserted");
        pic.line(5).set(false);
        assertFalse(intr);
    }

    @Test
    void requestThatWentAwayIsAnsweredBySpuriousVectorWithoutService() {
        pic.elcrPorts().write(0, 1, 0x20);
        pic.line(5).set(true);
        pic.line(5).set(false);
        assertEquals(0x27, pic.acknowledge());
        assertEquals(0, masterIsr());
    }

    @Test
    void spuriousSlaveRequestLeavesTheCascadeInService() {
        pic.line(10).pulse();
        pic.slavePorts().write(1, 1, 0xff);
        assertTrue(intr, "the master latched the cascade's edge");
        assertEquals(0x2f, pic.acknowledge());
        assertEquals(0x04, masterIsr());
    }

    @Test
    void pollReturnsTheInputAndTakesItIntoService() {
        pic.line(6).pulse();
        pic.masterPorts().write(0, 1, 0x0c);
        assertEquals(0x86, pic.masterPorts().read(0, 1));
        assertEquals(0x40, masterIsr());
        pic.masterPorts().write(0, 1, 0x0c);
        assertEquals(0, pic.masterPorts().read(0, 1));
    }

    @Test
    void automaticEoiLeavesNothingInService() {
        initialize(0x03);
        pic.line(9).pulse();
        pic.line(11).pulse();
        assertEquals(0x29, pic.acknowledge());
        assertEquals(0x2b, pic.acknowledge());
        assertFalse(intr);
        assertEquals(0, masterIsr());
    }

    @Test
    void rotationMakesTheServedInputLast() {
        pic.line(3).pulse();
        pic.acknowledge();
        pic.masterPorts().write(0, 1, 0xa0);
        pic.line(3).pulse();
        pic.line(4).pulse();
        assertEquals(0x24, pic.acknowledge());
    }

    @Test
    void specialMaskModeLetsLowerInputsThrough() {
        pic.line(1).pulse();
        pic.acknowledge();
        pic.masterPorts().write(1, 1, 0x02);
        pic.line(6).pulse();
        assertFalse(intr);
        pic.masterPorts().write(0, 1, 0x68);
        assertTrue(intr);
        assertEquals(0x26, pic.acknowledge());
        pic.masterPorts().write(0, 1, 0x20);
        assertEquals(0x02, masterIsr(), "a non-specific EOI passes over a masked input");
    }

    @Test
    void initializationForgetsEdgesButNotWires() {
        pic.line(4).set(true);
        initialize(0x01);
        assertFalse(intr);
        pic.line(4).set(true);
        assertFalse(intr, "no edge");
        pic.line(4).set(false);
        pic.line(4).set(true);
        assertTrue(intr);
    }
}
