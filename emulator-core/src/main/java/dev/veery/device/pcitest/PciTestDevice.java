package dev.veery.device.pcitest;

import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;

/** {@code -device pci-testdev}. */
public final class PciTestDevice extends PciDevice {
    /** The type. */
    public static final DeviceType TYPE = DeviceType.named("pci-testdev")
            .description("PCI Test Device")
            .bus("PCI")
            .category(DeviceCategory.MISC)
            .properties(commonProperties())
            .property(Property.size("membar", 0, "Size of a memory BAR without anything behind it, a power of two"))
            .build(PciTestDevice::new);

    private static final PciIdentity IDENTITY = new PciIdentity(0x1b36, 0x0005, 0, 0x00ff00, 0x1af4, 0x1100);
    private static final int MEMORY_SIZE = 4096;
    private static final int PORTS = 256;
    private static final int PAGE = 4096;

    private final TestBar memory = new TestBar("mmio", MEMORY_SIZE);
    private final TestBar ports = new TestBar("portio", PORTS);

    private PciTestDevice(DeviceConfig config) {
        super(config, IDENTITY, PciRegs.CONFIG_SIZE, 0);
        addBar(0, PciBar.Kind.MEMORY32, region("pci-testdev-mmio", MEMORY_SIZE, memory));
        addBar(1, PciBar.Kind.IO, region("pci-testdev-portio", PORTS, ports));
        long membar = config.properties().number("membar");
        if (membar == 0) {
            return;
        }
        if (!Bits.isPowerOfTwo(membar) || membar < PAGE) {
            throw new ConfigException("Property 'pci-testdev.membar' takes a power of two of at least " + PAGE);
        }
        addBar(2, PciBar.Kind.MEMORY64_PREFETCHABLE, MemoryRegion.container("pci-testdev-membar", membar));
    }

    private static MemoryRegion region(String name, int size, TestBar bar) {
        MemoryRegion made = MemoryRegion.mmio(name, size, bar);
        made.setDoorbells(bar.doorbells());
        return made;
    }

    @Override
    protected void onPciReset() {
        memory.reset();
        ports.reset();
    }
}
