package dev.veery.chardev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MuxChardevTest {
    private static final String CTRL_A = "\u0001";

    private final Terminal terminal = new Terminal();
    private int quits;
    private long now;
    private final MuxChardev mux = new MuxChardev(new MachineLock(), terminal, () -> quits++, () -> now);
    private final CharBackend port = mux.newPort();
    private final RecordingFrontend device = new RecordingFrontend(1000, 0);

    private static final class Terminal implements CharBackend {
        private final StringBuilder output = new StringBuilder();
        private boolean closed;

        @Override
        public void attach(CharFrontend frontend) {}

        @Override
        public void write(int value) {
            output.append((char) value);
        }

        @Override
        public void acceptInput() {}

        @Override
        public void close() {
            closed = true;
        }
    }

    private void type(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        mux.receive(bytes, 0, bytes.length);
    }

    private void print(String text) {
        text.chars().forEach(port::write);
    }

    @Test
    void plainInputReachesTheDevice() {
        port.attach(device);
        type("ls\r\u00ff");
        assertEquals("ls\r\u00ff", device.text());
    }

    @Test
    void ctrlATwiceSendsOne() {
        port.attach(device);
        type("1" + CTRL_A + CTRL_A + "2");
        assertEquals("1" + CTRL_A + "2", device.text());
    }

    @Test
    void escapeMayBeSplitBetweenReads() {
        port.attach(device);
        type(CTRL_A);
        type("x");
        assertEquals(1, quits);
        assertEquals("", device.text());
    }

    @Test
    void quitIsObeyedBehindInputTheGuestDoesNotRead() {
        port.attach(new RecordingFrontend(0, 0));
        type("y".repeat(16384));
        type(CTRL_A + "x");
        assertEquals(1, quits);
    }

    @Test
    void queuedInputFollowsInOrderAsTheGuestReads() {
        RecordingFrontend slow = new RecordingFrontend(1, 0);
        port.attach(slow);
        type("abcd");
        for (int i = 0; i < 3; i++) {
            slow.makeRoom(1);
            port.acceptInput();
        }
        assertEquals("abcd", slow.text());
    }

    @Test
    void breakReachesTheDevice() {
        port.attach(device);
        type(CTRL_A + "b");
        assertEquals(1, device.breaks());
        assertEquals("", device.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"h", "?"})
    void helpListsTheCommands(String key) {
        port.attach(device);
        type(CTRL_A + key);
        assertTrue(terminal.output.toString().contains("\r\nCtrl-A x  "), terminal.output.toString());
        assertEquals("", device.text());
    }

    @Test
    void monitorKeySaysThereIsNone() {
        type(CTRL_A + "c");
        assertTrue(terminal.output.toString().contains("no monitor"));
    }

    @Test
    void unknownCommandIsSwallowed() {
        port.attach(device);
        type("a" + CTRL_A + "zb");
        assertEquals("ab", device.text());
        assertEquals("", terminal.output.toString());
    }

    @Test
    void timestampsStartEachLineAfterTheyAreSwitchedOn() {
        now = 5_000_000_000L;
        type(CTRL_A + "t");
        print("rest\n");
        now += 3_723_004_000_000L;
        print("next\n");
        type(CTRL_A + "t");
        print("off\n");
        assertEquals("rest\n[01:02:03.004] next\noff\n", terminal.output.toString());
    }

    @Test
    void focusMovesBetweenDevices() {
        port.attach(device);
        RecordingFrontend second = new RecordingFrontend(100, 0);
        mux.newPort().attach(second);
        type("a" + CTRL_A + "cb");
        assertEquals("a", device.text());
        assertEquals("b", second.text());
    }

    @Test
    void lastPortToCloseClosesTheTerminal() {
        CharBackend second = mux.newPort();
        port.close();
        assertFalse(terminal.closed);
        second.close();
        assertTrue(terminal.closed);
    }
}
