package dev.veery.device.debugexit;

import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.IsaDevice;
import dev.veery.bus.isa.PortRange;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.util.List;
import java.util.function.IntConsumer;

/** {@code -device isa-debug-exit}. */
public final class IsaDebugExitDevice extends IsaDevice {
    private static final int DEFAULT_PORT = 0x501;
    private static final int DEFAULT_PORTS = 2;

    private final PortRange range;
    private final IntConsumer exit;

    private IsaDebugExitDevice(DeviceConfig config, IsaBus bus, IntConsumer exit) {
        super(config, bus);
        this.exit = exit;
        range = PortRange.of(properties().number("iobase"), properties().number("iosize"));
    }

    /**
     * The type.
     *
     * @param exit what ends the program, see {@link DebugExit}
     */
    public static DeviceType type(IsaBus bus, IntConsumer exit) {
        return DeviceType.named("isa-debug-exit")
                .bus("ISA")
                .category(DeviceCategory.MISC)
                .property(Property.uint32("iobase", DEFAULT_PORT, "first port"))
                .property(Property.uint32("iosize", DEFAULT_PORTS, "number of ports"))
                .build(config -> new IsaDebugExitDevice(config, bus, exit));
    }

    @Override
    protected List<PortRange> portRanges() {
        return List.of(range);
    }

    @Override
    protected void onRealize() {
        mapPorts(
                range,
                MemoryRegion.mmio("isa-debug-exit", range.count(), new DebugExit(exit), AccessSizes.BYTE_TO_DWORD));
    }
}
