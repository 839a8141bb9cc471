package dev.veery.device.pvpanic;

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

/** {@code -device pvpanic}. */
public final class PvpanicDevice extends IsaDevice {
    private final PortRange range;
    private final PvpanicListener listener;

    private PvpanicDevice(DeviceConfig config, IsaBus bus, PvpanicListener listener) {
        super(config, bus);
        this.listener = listener;
        range = PortRange.of(properties().number("ioport"), 1);
    }

    /**
     * The type.
     *
     * @param listener told of the guest's reports
     */
    public static DeviceType type(IsaBus bus, PvpanicListener listener) {
        return DeviceType.named("pvpanic")
                .bus("ISA")
                .category(DeviceCategory.MISC)
                .property(Property.uint8(
                        "events", Pvpanic.PANICKED | Pvpanic.CRASH_LOADED, "events the port announces, as a bit mask"))
                .property(Property.uint16("ioport", Pvpanic.DEFAULT_PORT, "port"))
                .build(config -> new PvpanicDevice(config, bus, listener));
    }

    /** The port, which firmware tables and the file {@code etc/pvpanic-port} tell the guest. */
    public int port() {
        return range.first();
    }

    @Override
    protected List<PortRange> portRanges() {
        return List.of(range);
    }

    @Override
    protected void onRealize() {
        Pvpanic chip = new Pvpanic(properties().integer("events"), listener);
        mapPorts(range, MemoryRegion.mmio("pvpanic", 1, chip, AccessSizes.BYTE));
    }
}
