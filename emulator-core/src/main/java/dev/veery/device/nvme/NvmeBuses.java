package dev.veery.device.nvme;

import dev.veery.base.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The controllers of a machine, as the buses that namespaces sit on. */
public final class NvmeBuses {
    private final Map<NvmePci, String> names = new LinkedHashMap<>();

    /** None yet. */
    public NvmeBuses() {}

    /** A controller came; its bus is called like it, or gets a number. */
    void add(NvmePci controller, @Nullable String id) {
        if (id != null) {
            names.put(controller, id);
            return;
        }
        int number = 0;
        while (names.containsValue("nvme-bus." + number)) {
            number++;
        }
        names.put(controller, "nvme-bus." + number);
    }

    void remove(NvmePci controller) {
        names.remove(controller);
    }

    boolean has(NvmePci controller) {
        return names.containsKey(controller);
    }

    /**
     * The controller of that name, or the first there is.
     *
     * @throws ConfigException if there is none
     */
    NvmePci find(@Nullable String name) {
        for (Map.Entry<NvmePci, String> entry : names.entrySet()) {
            if (name == null || entry.getValue().equals(name)) {
                return entry.getKey();
            }
        }
        throw new ConfigException(
                name == null
                        ? "No 'nvme-bus' bus found for device 'nvme-ns'; name a -device nvme in front of it"
                        : "Bus '" + name + "' not found");
    }
}
