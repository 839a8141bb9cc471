package dev.veery.device.serial;

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
import dev.veery.time.VirtualClock;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code -device isa-serial}: a serial port at one of the PC's four places, the first free one unless told. */
public final class IsaSerialDevice extends IsaDevice {
    private static final int[] PORTS = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    private static final int[] IRQS = {4, 3, 4, 3};
    private static final long UNSET = 0xffff_ffffL;

    private final VirtualClock clock;
    private final String chardev;
    private final Function<String, CharBackend> chardevs;
    private final PortRange range;
    private final int irq;
    private @Nullable Uart16550 uart;

    private IsaSerialDevice(
            DeviceConfig config, IsaBus bus, VirtualClock clock, Function<String, CharBackend> chardevs) {
        super(config, bus);
        this.clock = clock;
        this.chardevs = chardevs;
        String name = properties().string("chardev");
        if (name == null) {
            throw new ConfigException("isa-serial needs chardev=ID");
        }
        chardev = name;
        int place = place(bus);
        range = PortRange.of(orElse("iobase", PORTS[place]), Uart16550.PORTS);
        long line = orElse("irq", IRQS[place]);
        if (line >= IsaBus.IRQS) {
            throw new ConfigException("isa-serial: irq=" + line + " is not one of 0 to " + (IsaBus.IRQS - 1));
        }
        irq = (int) line;
    }

    private long orElse(String property, int standard) {
        long value = properties().number(property);
        return value == UNSET ? standard : value;
    }

    private int place(IsaBus bus) {
        long index = properties().number("index");
        if (index != UNSET) {
            if (index >= PORTS.length) {
                throw new ConfigException("isa-serial: index=" + index + " is not one of 0 to " + (PORTS.length - 1));
            }
            return (int) index;
        }
        for (int i = 0; i < PORTS.length; i++) {
            if (bus.isFree(new PortRange(PORTS[i], Uart16550.PORTS))) {
                return i;
            }
        }
        if (properties().number("iobase") == UNSET) {
            throw new ConfigException("isa-serial: all " + PORTS.length + " serial ports are taken, iobase is needed");
        }
        return 0;
    }

    /**
     * The type.
     *
     * @param chardevs finds a back end by its id, or throws a {@link ConfigException}
     */
    public static DeviceType type(IsaBus bus, VirtualClock clock, Function<String, CharBackend> chardevs) {
        return DeviceType.named("isa-serial")
                .bus("ISA")
                .category(DeviceCategory.INPUT)
                .property(Property.string("chardev", "ID of a chardev to use as a backend"))
                .property(Property.uint32("index", UNSET, "which of the four serial ports of a PC"))
                .property(Property.uint32("iobase", UNSET, "first port, instead of the standard one"))
                .property(Property.uint32("irq", UNSET, "interrupt line, instead of the standard one"))
                .build(config -> new IsaSerialDevice(config, bus, clock, chardevs));
    }

    /** The first port, which firmware tables tell the guest. */
    public int port() {
        return range.first();
    }

    /** The interrupt line, which firmware tables tell the guest. */
    public int irq() {
        return irq;
    }

    @Override
    protected List<PortRange> portRanges() {
        return List.of(range);
    }

    @Override
    protected void onRealize() {
        Uart16550 chip = new Uart16550(isa().irq(irq), clock, chardevs.apply(chardev));
        mapPorts(range, MemoryRegion.mmio("serial", Uart16550.PORTS, chip, AccessSizes.BYTE));
        uart = chip;
    }

    @Override
    protected void onReset() {
        if (uart != null) {
            uart.reset();
        }
    }
}
