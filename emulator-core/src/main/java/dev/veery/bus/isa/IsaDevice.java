package dev.veery.bus.isa;

import dev.veery.memory.MemoryRegion;
import dev.veery.model.Device;
import dev.veery.model.DeviceConfig;
import java.util.ArrayList;
import java.util.List;

/** A device on the ISA bus. It maps its registers when it is realized and they go when it does. */
public abstract class IsaDevice extends Device {
    private final IsaBus bus;
    private final List<MemoryRegion> mapped = new ArrayList<>();

    /** Constructs; nothing is taken on the bus yet. */
    protected IsaDevice(DeviceConfig config, IsaBus bus) {
        super(config);
        this.bus = bus;
    }

    /** The bus that it is on. */
    protected final IsaBus isa() {
        return bus;
    }

    /** The ports that it wants. */
    protected abstract List<PortRange> portRanges();

    /**
     * For the board to call before the device is realized: are its ports free?
     *
     * @throws dev.veery.base.ConfigException if not, naming both devices
     */
    public final void checkPorts() {
        for (PortRange range : portRanges()) {
            bus.check(this, range);
        }
    }

    /** Shows registers in port space. */
    protected final void mapPorts(PortRange range, MemoryRegion region) {
        bus.map(this, range, region);
        mapped.add(region);
    }

    /** Shows registers in memory. */
    protected final void mapMemory(long address, MemoryRegion region) {
        bus.memory().addChild(address, region);
        mapped.add(region);
    }

    /** Takes its registers off the bus; an overriding method calls this. */
    @Override
    protected void onUnrealize() {
        bus.release(this, mapped);
        mapped.clear();
    }
}
