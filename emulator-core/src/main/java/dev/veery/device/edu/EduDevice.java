package dev.veery.device.edu;

import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.dma.DmaDomainLease;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.time.VirtualClock;

/** {@code -device edu}. */
public final class EduDevice extends PciDevice {
    private static final PciIdentity IDENTITY = new PciIdentity(0x1234, 0x11e8, 0x10, 0x00ff00, 0x1af4, 0x1100);
    private static final long BAR_SIZE = 1 << 20;
    private static final String DMA_MASK = "dma_mask";
    private static final long DEFAULT_DMA_MASK = (1 << 28) - 1;

    private final EduRegisters registers;
    private long buffer;

    private EduDevice(DeviceConfig config, VirtualClock clock) {
        super(config, IDENTITY, PciRegs.CONFIG_SIZE, 1);
        registers = new EduRegisters(clock, config.properties().number(DMA_MASK), new EduRegisters.Host() {
            @Override
            public void interrupt(boolean asserted) {
                drive(asserted);
            }

            @Override
            public void transfer(long address, int offset, int length, boolean toMemory) {
                if (toMemory) {
                    dma().write(address, buffer + offset, length);
                } else {
                    dma().read(address, buffer + offset, length);
                }
            }
        });
        AccessSizes sizes = AccessSizes.DWORD_TO_QWORD;
        addBar(0, PciBar.Kind.MEMORY32, MemoryRegion.mmio("edu-mmio", BAR_SIZE, registers, sizes));
        addMsi(1);
        requestDma(DmaDomainLease.Purpose.TRANSLATE_PER_ACCESS);
    }

    /** The type. */
    public static DeviceType type(VirtualClock clock) {
        return DeviceType.named("edu")
                .description("Educational device")
                .bus("PCI")
                .category(DeviceCategory.MISC)
                .hotpluggable()
                .properties(commonProperties())
                .property(Property.uint64(DMA_MASK, DEFAULT_DMA_MASK, "Address bits that the DMA engine drives"))
                .build(config -> new EduDevice(config, clock));
    }

    private void drive(boolean asserted) {
        // With messages enabled each cause sends one, and the pin stays out of it.
        if (!asserted || !sendMessage(0)) {
            intx().set(asserted);
        }
    }

    @Override
    protected void onRealize() {
        buffer = OffHeap.allocate(EduRegisters.BUFFER_SIZE);
    }

    @Override
    protected void onPciReset() {
        registers.reset();
        OffHeap.fill(buffer, EduRegisters.BUFFER_SIZE, 0);
    }

    @Override
    protected void onUnrealize() {
        registers.reset();
        if (buffer != 0) {
            OffHeap.free(buffer);
            buffer = 0;
        }
    }
}
