package dev.veery.model;

import dev.veery.base.ConfigException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The device types of a machine, as the board lists them. */
public final class DeviceRegistry {
    private final Map<String, DeviceType> types = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, DeviceType> byName = new HashMap<>();

    /** Adds a type; its name and aliases must be new. */
    public DeviceRegistry add(DeviceType type) {
        addName(type.name(), type);
        type.aliases().forEach(alias -> addName(alias, type));
        types.put(type.name(), type);
        return this;
    }

    private void addName(String name, DeviceType type) {
        if (byName.putIfAbsent(name, type) != null) {
            throw new IllegalStateException("two device types " + name);
        }
    }

    /** The types, by name. */
    public Collection<DeviceType> types() {
        return Collections.unmodifiableCollection(types.values());
    }

    /** The type of that name or alias, or null. */
    public @Nullable DeviceType find(String name) {
        return byName.get(name);
    }

    /**
     * The type of that name or alias.
     *
     * @throws ConfigException if there is none
     */
    public DeviceType require(String name) {
        DeviceType type = byName.get(name);
        if (type == null) {
            throw new ConfigException("'" + name + "' is not a valid device model name");
        }
        return type;
    }

    /** What {@code -device help} prints: the types that users may create, under their headings. */
    public String help() {
        StringBuilder text = new StringBuilder();
        for (DeviceCategory category : DeviceCategory.values()) {
            boolean titled = false;
            for (DeviceType type : types.values()) {
                if (type.category() != category || !type.userCreatable()) {
                    continue;
                }
                if (!titled) {
                    text.append(category.ordinal() == 0 ? "" : "\n")
                            .append(category.title())
                            .append(" devices:\n");
                    titled = true;
                }
                text.append(type.helpLine()).append('\n');
            }
        }
        return text.toString();
    }

    /**
     * What {@code -device NAME,help} prints: the type's properties by name.
     *
     * @throws ConfigException if there is no such type
     */
    public String help(String name) {
        DeviceType type = byName.get(name);
        if (type == null) {
            throw new ConfigException("Device '" + name + "' not found");
        }
        if (type.properties().isEmpty()) {
            return "There are no options for " + name + ".\n";
        }
        StringBuilder text = new StringBuilder(name + " options:\n");
        type.properties().stream()
                .map(Property::help)
                .sorted()
                .forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
