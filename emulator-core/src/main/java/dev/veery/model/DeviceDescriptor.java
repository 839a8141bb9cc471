package dev.veery.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A wish for a device, as the user wrote it; immutable.
 *
 * @param driver the type's name or alias
 * @param id the user's name for it, or null
 * @param bus the id of the bus it is to sit on, or null
 * @param properties the other properties in the order given, as text
 * @param origin what errors begin with, such as {@code -device edu,id=x}; empty for nothing
 */
public record DeviceDescriptor(
        String driver, @Nullable String id, @Nullable String bus, Map<String, String> properties, String origin) {

    /** Copies the properties, keeping their order. */
    public DeviceDescriptor {
        properties = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }

    /** Takes {@code id} and {@code bus} out of {@code options}. */
    public static DeviceDescriptor of(String driver, Map<String, String> options, String origin) {
        Map<String, String> rest = new LinkedHashMap<>(options);
        String id = rest.remove("id");
        String bus = rest.remove("bus");
        return new DeviceDescriptor(driver, id, bus, rest, origin);
    }
}
