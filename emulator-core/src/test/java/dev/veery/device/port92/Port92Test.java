package dev.veery.device.port92;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class Port92Test {
    private boolean a20;
    private int initialisations;
    private final Port92 port = new Port92(level -> a20 = level, () -> initialisations++);

    @Test
    void bitOneIsTheA20Gate() {
        port.write(0, 1, 2);
        assertTrue(a20);
        assertEquals(2, port.read(0, 1));
        port.write(0, 1, 0);
        assertFalse(a20);
    }

    @Test
    void onlyTheRisingEdgeOfBitZeroInitialises() {
        port.write(0, 1, 1);
        port.write(0, 1, 3);
        assertEquals(1, initialisations);
        port.write(0, 1, 0);
        port.write(0, 1, 1);
        assertEquals(2, initialisations);
    }

    @Test
    void resetClosesTheGate() {
        port.write(0, 1, 3);
        port.reset();
        assertFalse(a20);
        assertEquals(0, port.read(0, 1));
    }
}
