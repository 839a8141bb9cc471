package dev.veery.q35.vtd;

import dev.veery.irq.InterruptBus;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.Device;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.util.List;
import java.util.function.Consumer;

/** {@code -device intel-iommu}: at most one a machine, anywhere among the other devices. */
public final class IntelIommuDevice extends Device {
    /** What the user calls the type. */
    public static final String NAME = "intel-iommu";

    /** The property that says whether interrupts are remapped: on, off or auto, which is on. */
    public static final String INTREMAP = "intremap";

    private static final String RMRR = "x-rmrr";

    private final VtdUnit unit;
    private final List<ReservedRange> reserved;
    private final MemoryRegion registers;

    private IntelIommuDevice(DeviceConfig config, AddressSpace memory, InterruptBus bus, Consumer<String> warnings) {
        super(config);
        unit = new VtdUnit(toString(), VtdConfig.of(config.properties()), memory, bus, warnings);
        String range = config.properties().string(RMRR);
        reserved = range == null ? List.of() : List.of(ReservedRange.parse(NAME + "." + RMRR, range));
        registers = MemoryRegion.mmio(NAME, VtdRegs.WINDOW, unit, AccessSizes.DWORD_TO_QWORD);
    }

    /**
     * The type.
     *
     * @param memory guest physical memory
     * @param bus delivers interrupts
     * @param warnings takes lines for the user
     */
    public static DeviceType type(AddressSpace memory, InterruptBus bus, Consumer<String> warnings) {
        return DeviceType.named(NAME)
                .description("Intel IOMMU (VT-d) DMA remapping device")
                .bus("System")
                .category(DeviceCategory.MISC)
                .properties(VtdConfig.PROPERTIES)
                .property(Property.string(
                        RMRR, "Memory of a device on pcie.0 from the start on: 0xFIRST-0xLAST@SLOT.FUNCTION"))
                // Refused when it comes late, but by the board, which names what stands in its way.
                .hotpluggable()
                .build(config -> new IntelIommuDevice(config, memory, bus, warnings));
    }

    /** The unit itself. */
    public VtdUnit unit() {
        return unit;
    }

    /** What firmware is to reserve for devices, in RAM. */
    public List<ReservedRange> reserved() {
        return reserved;
    }

    /** Its register window, for the board to place. */
    public MemoryRegion registers() {
        return registers;
    }

    @Override
    protected void onRealize() {}
}
