package dev.veery.q35;

import dev.veery.irq.SignalRoutes;
import dev.veery.memory.AddressSpace;
import dev.veery.model.DeviceType;
import java.util.List;

/** Device types that the host brings: devices of its own that it gives away. */
@FunctionalInterface
public interface HostDevices {
    /** A host without. */
    HostDevices NONE = (memory, signals) -> List.of();

    /**
     * The types.
     *
     * @param memory guest physical memory
     * @param signals the way of interrupts that the host's kernel can deliver by itself
     */
    List<DeviceType> types(AddressSpace memory, SignalRoutes signals);
}
