package dev.veery.model;

import dev.veery.base.ConfigException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of a device's properties, defaults filled in; immutable. Asking for a property that the type does not
 * declare, or for another type, is a defect of ours and throws {@link IllegalArgumentException}.
 */
public final class PropertyValues {
    private final Map<String, Property> declared = new HashMap<>();
    private final Map<String, Object> values = new HashMap<>();
    private final Set<String> given;

    /** Values by name in parsed form; what is missing takes its default. */
    PropertyValues(List<Property> properties, Map<String, Object> given) {
        for (Property property : properties) {
            declared.put(property.name(), property);
            Object value = given.getOrDefault(property.name(), property.defaultValue());
            if (value != null) {
                values.put(property.name(), value);
            }
        }
        this.given = Set.copyOf(given.keySet());
    }

    /**
     * What the user wrote for an object that is no device, such as the machine.
     *
     * @param owner what has the properties, for messages
     * @throws dev.veery.base.ConfigException if it has no such property or that does not take the text
     */
    public static PropertyValues parse(String owner, List<Property> properties, Map<String, String> texts) {
        Map<String, Object> given = new HashMap<>();
        texts.forEach((name, text) -> {
            Property property = properties.stream()
                    .filter(candidate -> candidate.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ConfigException("Property '" + owner + "." + name + "' not found"));
            given.put(name, PropertyParser.parse(owner, property, text));
        });
        return new PropertyValues(properties, given);
    }

    /** Only defaults, for devices that the board makes itself. */
    public static PropertyValues defaults(List<Property> properties) {
        return new PropertyValues(properties, Map.of());
    }

    /** Whether the user gave the property. */
    public boolean isGiven(String name) {
        property(name);
        return given.contains(name);
    }

    /** A switch. */
    public boolean bool(String name) {
        return (Boolean) require(name, Property.Type.BOOL);
    }

    /** A number or size; 64-bit ones are unsigned. */
    public long number(String name) {
        Object value = values.get(property(name).name());
        if (value instanceof Long && property(name).type() != Property.Type.PCI_ADDRESS) {
            return (Long) value;
        }
        throw new IllegalArgumentException(name + " is not a number");
    }

    /** A number of at most 32 bits, as an int. */
    public int integer(String name) {
        return (int) number(name);
    }

    /** Text, or null if it was not given and has no default. */
    public @Nullable String string(String name) {
        if (property(name).type() != Property.Type.STRING) {
            throw new IllegalArgumentException(name + " is not text");
        }
        return (String) values.get(name);
    }

    /** The chosen word of an enumeration. */
    public String choice(String name) {
        return (String) require(name, Property.Type.ENUM);
    }

    /** A PCI address as slot * 8 + function, or -1 if the bus may choose. */
    public int pciAddress(String name) {
        return (int) (long) (Long) require(name, Property.Type.PCI_ADDRESS);
    }

    private Object require(String name, Property.Type type) {
        Object value = values.get(name);
        if (property(name).type() != type || value == null) {
            throw new IllegalArgumentException(name + " is not a " + type.helpName());
        }
        return value;
    }

    private Property property(String name) {
        Property property = declared.get(name);
        if (property == null) {
            throw new IllegalArgumentException("no property " + name);
        }
        return property;
    }
}
