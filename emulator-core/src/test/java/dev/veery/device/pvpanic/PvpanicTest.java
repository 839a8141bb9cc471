package dev.veery.device.pvpanic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PvpanicTest {
    private final List<String> events = new ArrayList<>();
    private final PvpanicListener listener = new PvpanicListener() {
        @Override
        public void guestPanicked() {
            events.add("panicked");
        }

        @Override
        public void guestCrashLoaded() {
            events.add("crashloaded");
        }
    };

    @Test
    void announcesItsEventsAndReportsOneAtATime() {
        Pvpanic port = new Pvpanic(Pvpanic.PANICKED | Pvpanic.CRASH_LOADED, listener);
        assertEquals(3, port.read(0, 1));
        port.write(0, 1, 1);
        port.write(0, 1, 2);
        port.write(0, 1, 3);
        port.write(0, 1, 0xfc);
        assertEquals(List.of("panicked", "crashloaded", "panicked"), events);
    }
}
