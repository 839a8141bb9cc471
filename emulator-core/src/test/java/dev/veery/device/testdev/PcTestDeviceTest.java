package dev.veery.device.testdev;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.base.MachineLock;
import dev.veery.irq.IrqLine;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PcTestDeviceTest {
    private final List<String> lines = new ArrayList<>();
    private final List<Long> flushed = new ArrayList<>();
    private final PcTestDevice device = new PcTestDevice(List.of(line(0), line(1)), flushed::add);
    private final AddressSpace ports = ports();

    private IrqLine line(int number) {
        return level -> lines.add(number + (level ? " up" : " down"));
    }

    private AddressSpace ports() {
        MemoryRegion root = MemoryRegion.container("io", 0x1_0000);
        root.addChild(PcTestDevice.LATCH_PORT, device.latch());
        root.addChild(PcTestDevice.FLUSH_PORT, device.flush());
        root.addChild(PcTestDevice.BYTE_LATCH_PORT, device.byteLatch());
        root.addChild(PcTestDevice.IRQ_PORT, device.irqLines());
        return new AddressSpace("io", root, new MachineLock());
    }

    @Test
    void latchTakesEveryWidthAndIsSharedWithItsByteTwin() {
        ports.write(0xe0, 4, 0x1234_5678L);
        assertEquals(0x78, ports.read(0xe0, 1));
        assertEquals(0x5678, ports.read(0xe0, 2));
        assertEquals(0x1234_5678L, ports.read(0xe8, 4));
        ports.write(0xe8, 2, 0xabcd);
        ports.write(0xe0, 1, 0xef);
        assertEquals(0x1234_abefL, ports.read(0xe0, 4));
    }

    @Test
    void flushTakesDwordsOnlyAndNamesThePage() {
        ports.write(0xe4, 2, 0x1234);
        ports.write(0xe4, 4, 0x8000_0fffL);
        assertEquals(List.of(0x8000_0000L), flushed);
    }

    @Test
    void linePortsDriveTheirLine() {
        ports.write(0x2001, 1, 1);
        ports.write(0x2001, 1, 0);
        ports.write(0x2017, 1, 1);
        assertEquals(List.of("1 up", "1 down"), lines);
    }

    @Test
    void memoryKeepsWhatWasWritten() {
        AddressSpace memory = new AddressSpace("memory", device.memory(), new MachineLock());
        memory.write(0xfff8, 8, 0x1122_3344_5566_7788L);
        assertEquals(0x1122_3344_5566_7788L, memory.read(0xfff8, 8));
        assertEquals(0x5566, memory.read(0xfffa, 2));
        assertEquals(0, memory.read(0, 4));
    }
}
