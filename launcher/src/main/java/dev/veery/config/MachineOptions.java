package dev.veery.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code -machine}.
 *
 * @param type the board's name
 * @param properties the board's own properties as the user wrote them, in the order given; the board checks them
 */
public record MachineOptions(String type, Map<String, String> properties) {
    /** The board when none is named. */
    public static final String DEFAULT_TYPE = "q35";

    /** Copies the properties, keeping their order. */
    public MachineOptions {
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }
}
