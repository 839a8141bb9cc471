package dev.veery.device.debugexit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DebugExitTest {
    @Test
    void everyValueBecomesAnOddStatus() {
        List<Integer> statuses = new ArrayList<>();
        DebugExit port = new DebugExit(statuses::add);
        port.write(0, 1, 0);
        port.write(0, 4, 0x10);
        port.write(1, 2, 0xffff);
        assertEquals(List.of(1, 0x21, 0x1ffff), statuses);
        assertEquals(0, port.read(0, 1));
    }
}
