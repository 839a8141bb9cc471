package dev.veery.device.debugcon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

class DebugConsoleTest {
    @Test
    void announcesItselfAndPassesBytesOn() {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        DebugConsole port = new DebugConsole(
                new CharBackend() {
                    @Override
                    public void attach(CharFrontend frontend) {}

                    @Override
                    public void write(int value) {
                        sent.write(value);
                    }

                    @Override
                    public void acceptInput() {}

                    @Override
                    public void close() {}
                },
                DebugConsole.READBACK);
        assertEquals(0xe9, port.read(0, 1));
        port.write(0, 1, 'k');
        assertArrayEquals(new byte[] {'k'}, sent.toByteArray());
    }
}
