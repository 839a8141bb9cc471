package dev.veery.device.testdev;

import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.IsaDevice;
import dev.veery.bus.isa.PortRange;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import java.util.ArrayList;
import java.util.List;

/** {@code -device pc-testdev}. */
public final class PcTestdevDevice extends IsaDevice {
    private static final int PAGE = 4096;

    /** Covers everything that a board maps. */
    private static final int ABOVE_ALL = Integer.MAX_VALUE;

    private static final MmioHandler NOTHING = new MmioHandler() {
        @Override
        public long read(long offset, int size) {
            return -1;
        }

        @Override
        public void write(long offset, int size, long value) {}
    };

    private PcTestdevDevice(DeviceConfig config, IsaBus bus) {
        super(config, bus);
    }

    /** The type. */
    public static DeviceType type(IsaBus bus) {
        return DeviceType.named("pc-testdev")
                .bus("ISA")
                .category(DeviceCategory.MISC)
                .build(config -> new PcTestdevDevice(config, bus));
    }

    @Override
    protected List<PortRange> portRanges() {
        return List.of(
                new PortRange(PcTestDevice.LATCH_PORT, PcTestDevice.LATCH_PORTS),
                new PortRange(PcTestDevice.FLUSH_PORT, PcTestDevice.LATCH_PORTS),
                new PortRange(PcTestDevice.BYTE_LATCH_PORT, PcTestDevice.LATCH_PORTS),
                new PortRange(PcTestDevice.IRQ_PORT, PcTestDevice.IRQ_PORTS));
    }

    @Override
    protected void onRealize() {
        List<IrqLine> lines = new ArrayList<>();
        for (int number = 0; number < IsaBus.IRQS; number++) {
            lines.add(isa().irq(number));
        }
        PcTestDevice chip = new PcTestDevice(lines, this::remap);
        List<MemoryRegion> regions = List.of(chip.latch(), chip.flush(), chip.byteLatch(), chip.irqLines());
        List<PortRange> ranges = portRanges();
        for (int i = 0; i < regions.size(); i++) {
            mapPorts(ranges.get(i), regions.get(i));
        }
        mapMemory(PcTestDevice.MEMORY_ADDRESS, chip.memory());
    }

    /** Covers the page and uncovers it: whoever keeps translations of it has to drop them. */
    private void remap(long page) {
        MemoryRegion hole = MemoryRegion.mmio("pc-testdev-flushed", PAGE, NOTHING);
        isa().memory().addChild(page, hole, ABOVE_ALL);
        isa().memory().removeChild(hole);
    }
}
