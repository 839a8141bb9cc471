package dev.veery.q35;

import dev.veery.memory.AddressSpace;
import dev.veery.model.DeviceType;
import java.util.List;

/** Device types that the host brings: devices of its own that it gives away. */
@FunctionalInterface
public interface HostDevices {
    /** A host without. */
    HostDevices NONE = memory -> List.of();

    /**
     * The types.
     *
     * @param memory guest physical memory
     */
    List<DeviceType> types(AddressSpace memory);
}
