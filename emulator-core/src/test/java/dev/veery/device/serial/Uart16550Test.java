package dev.veery.device.serial;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.time.ManualClock;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Expectations from the PC16550D data sheet, and from what the 8250 driver of Linux probes for. */
class Uart16550Test {
    private static final int RBR = 0;
    private static final int THR = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;
    private static final int MCR_OUT2 = 0x08;

    private final ManualClock clock = new ManualClock();
    private final Host host = new Host();
    private boolean line;
    private int edges;
    private final Uart16550 uart = new Uart16550(this::setLine, clock, host);

    /** A host that offers its input as fast as the front end takes it. */
    private static final class Host implements CharBackend {
        final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        byte[] input = {};
        int position;

        @Nullable
        CharFrontend frontend;

        @Override
        public void attach(CharFrontend frontend) {
            this.frontend = frontend;
        }

        @Override
        public void write(int value) {
            sent.write(value);
        }

        @Override
        public void acceptInput() {
            CharFrontend to = frontend;
            while (to != null && position < input.length) {
                int length = Math.min(to.canReceive(), input.length - position);
                if (length == 0) {
                    return;
                }
                position += length;
                to.receive(input, position - length, length);
            }
        }

        void offer(byte[] bytes) {
            input = bytes;
            position = 0;
            acceptInput();
        }

        @Override
        public void close() {}
    }

    private void setLine(boolean level) {
        if (level && !line) {
            edges++;
        }
        line = level;
    }

    private int in(int register) {
        return (int) uart.read(register, 1);
    }

    private void out(int register, int value) {
        uart.write(register, 1, value);
    }

    @Test
    void transmittedBytesReachTheHostUncut() {
        // LCR is as after reset: five bits.
        out(THR, 'A');
        out(THR, 0xff);
        assertArrayEquals(new byte[] {'A', (byte) 0xff}, host.sent.toByteArray());
        assertEquals(0x60, in(LSR));
    }

    @Test
    void divisorLatchHidesDataAndInterruptEnable() {
        out(IER, 0x05);
        out(LCR, 0x83);
        out(0, 0x34);
        out(1, 0x12);
        assertEquals(0x34, in(0));
        assertEquals(0x12, in(1));
        out(LCR, 0x03);
        assertEquals(0x05, in(IER));
        assertEquals(0, host.sent.size());
    }

    @Test
    void probesSeeA16550aWithSixteenByteFifo() {
        out(IER, 0xff);
        assertEquals(0x0f, in(IER));
        out(IER, 0);
        out(SCR, 0xa5);
        assertEquals(0xa5, in(SCR));
        out(MCR, 0x1a);
        assertEquals(0x90, in(MSR) & 0xf0);
        out(LCR, 0xbf);
        out(FCR, 0);
        out(LCR, 0x03);
        assertEquals(0x01, in(IIR));
        out(FCR, 0x01);
        assertEquals(0xc1, in(IIR));

        for (int i = 0; i < 256; i++) {
            out(THR, i);
        }
        int count = 0;
        while ((in(LSR) & 1) != 0) {
            assertEquals(count, in(RBR));
            count++;
        }
        assertEquals(16, count);
        assertEquals(0, host.sent.size());
    }

    @Test
    void enablingTheTransmitterInterruptReassertsItAfterIirTookItBack() {
        out(IER, 0x02);
        assertEquals(0x02, in(IIR));
        assertEquals(0x01, in(IIR));
        out(IER, 0);
        out(IER, 0x02);
        assertEquals(0x02, in(IIR));
    }

    @Test
    void eachTransmittedByteMakesAnEdge() {
        out(MCR, MCR_OUT2);
        out(IER, 0x02);
        assertEquals(1, edges);
        out(THR, 'x');
        out(THR, 'y');
        assertEquals(3, edges);
        assertEquals(0x02, in(IIR));
        assertFalse(line);
    }

    @Test
    void out2GatesTheLineAndLoopbackTakesItBack() {
        out(IER, 0x02);
        assertFalse(line);
        out(MCR, MCR_OUT2);
        assertTrue(line);
        out(MCR, MCR_OUT2 | 0x10);
        assertFalse(line);
    }

    @Test
    void interruptsShowInOrderOfPriority() {
        out(LCR, 0x03);
        out(MCR, 0x10);
        out(FCR, 0x01);
        out(IER, 0x0f);
        out(THR, 'a');
        out(LCR, 0x43);
        // A character and a break wait, the transmitter is empty, modem lines changed: the break is not at the top yet.
        assertEquals(0xc4, in(IIR));
        assertEquals('a', in(RBR));
        assertEquals(0xc6, in(IIR));
        assertEquals(0x10 | 0x80 | 0x61, in(LSR));
        assertEquals(0xc4, in(IIR));
        assertEquals(0, in(RBR));
        assertEquals(0xc2, in(IIR));
        assertEquals(0xc0, in(IIR));
        in(MSR);
        assertEquals(0xc1, in(IIR));
    }

    @Test
    void triggerLevelRaisesReceivedDataAndFallsBelow() {
        out(FCR, 0x81);
        out(IER, 0x01);
        out(MCR, MCR_OUT2);
        host.offer(new byte[7]);
        assertFalse(line);
        host.offer(new byte[1]);
        assertTrue(line);
        assertEquals(0xc4, in(IIR));
        in(RBR);
        assertFalse(line);
    }

    @Test
    void characterTimeoutComesFourCharactersAfterTheLastActivity() {
        out(LCR, 0x83);
        out(0, 1);
        out(1, 0);
        out(LCR, 0x03);
        out(FCR, 0xc1);
        out(IER, 0x01);
        out(MCR, MCR_OUT2);
        host.offer(new byte[] {1, 2, 3});
        long fourCharacters = 40 * 1_000_000_000L / 115_200;
        clock.advance(fourCharacters / 2);
        in(RBR);
        clock.advance(fourCharacters - 1);
        assertFalse(line);
        clock.advance(1);
        assertTrue(line);
        assertEquals(0xcc, in(IIR));
        in(RBR);
        assertFalse(line);
        clock.advance(fourCharacters);
        assertTrue(line);
        in(RBR);
        clock.advance(10 * fourCharacters);
        assertFalse(line);
    }

    @Test
    void pastedInputArrivesWholeThroughInterrupts() {
        out(LCR, 0x03);
        out(FCR, 0x81);
        out(IER, 0x01);
        out(MCR, MCR_OUT2);
        byte[] pasted = new byte[16 << 10];
        new Random(7).nextBytes(pasted);
        ByteArrayOutputStream received = new ByteArrayOutputStream();

        host.offer(pasted);
        while (received.size() < pasted.length) {
            if (!line) {
                clock.advance(1_000_000_000L);
            }
            assertTrue(line, "stuck after " + received.size());
            while ((in(LSR) & 1) != 0) {
                received.write(in(RBR));
            }
        }

        assertArrayEquals(pasted, received.toByteArray());
        assertEquals(0, in(LSR) & 0x02, "no overrun");
    }

    @Test
    void hostWaitsDuringLoopback() {
        out(MCR, 0x10);
        host.offer("late".getBytes(StandardCharsets.US_ASCII));
        assertEquals(0, in(LSR) & 1);
        out(MCR, 0);
        assertEquals('l', in(RBR));
        assertEquals('a', in(RBR));
    }

    @Test
    void overrunKeepsTheFifoButReplacesTheSingleBuffer() {
        out(LCR, 0x03);
        out(MCR, 0x10);
        out(THR, 'a');
        out(THR, 'b');
        assertEquals(0x63, in(LSR));
        assertEquals('b', in(RBR));
        assertEquals(0x60, in(LSR));
    }

    @Test
    void ringIndicatorCountsItsTrailingEdgeOnly() {
        out(MCR, 0x10);
        in(MSR);
        out(MCR, 0x14);
        assertEquals(0x40, in(MSR));
        out(MCR, 0x10);
        assertEquals(0x04, in(MSR));
        assertEquals(0x00, in(MSR));
    }

    @Test
    void resetDropsTheLineAndKeepsTheDivisor() {
        out(LCR, 0x80);
        out(0, 3);
        out(LCR, 0);
        out(MCR, MCR_OUT2);
        out(IER, 0x02);
        uart.reset();
        assertFalse(line);
        assertEquals(0, in(IER));
        out(LCR, 0x80);
        assertEquals(3, in(0));
    }
}
