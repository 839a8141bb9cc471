package dev.veery.device.debugcon;

import dev.veery.base.ConfigException;
import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.IsaDevice;
import dev.veery.bus.isa.PortRange;
import dev.veery.chardev.CharBackend;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.util.List;
import java.util.function.Function;

/** {@code -device isa-debugcon}. */
public final class IsaDebugconDevice extends IsaDevice {
    private static final int DEFAULT_PORT = 0xe9;

    private final PortRange range;
    private final String chardev;
    private final Function<String, CharBackend> chardevs;

    private IsaDebugconDevice(DeviceConfig config, IsaBus bus, Function<String, CharBackend> chardevs) {
        super(config, bus);
        this.chardevs = chardevs;
        String name = properties().string("chardev");
        if (name == null) {
            throw new ConfigException("isa-debugcon needs chardev=ID");
        }
        chardev = name;
        range = PortRange.of(properties().number("iobase"), 1);
    }

    /**
     * The type.
     *
     * @param chardevs finds a back end by its id, or throws a {@link ConfigException}
     */
    public static DeviceType type(IsaBus bus, Function<String, CharBackend> chardevs) {
        return DeviceType.named("isa-debugcon")
                .bus("ISA")
                .category(DeviceCategory.MISC)
                .property(Property.string("chardev", "ID of a chardev to use as a backend"))
                .property(Property.uint32("iobase", DEFAULT_PORT, "port"))
                .property(Property.uint32("readback", DebugConsole.READBACK, "value that the port reads as"))
                .build(config -> new IsaDebugconDevice(config, bus, chardevs));
    }

    @Override
    protected List<PortRange> portRanges() {
        return List.of(range);
    }

    @Override
    protected void onRealize() {
        DebugConsole chip =
                new DebugConsole(chardevs.apply(chardev), properties().integer("readback"));
        mapPorts(range, MemoryRegion.mmio("isa-debugcon", 1, chip, AccessSizes.BYTE));
    }
}
