package dev.veery.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A kind of device: its name, what it takes, and how one is made. Immutable. */
public final class DeviceType {
    private final String name;
    private final String description;
    private final @Nullable String bus;
    private final DeviceCategory category;
    private final List<String> aliases;
    private final boolean userCreatable;
    private final boolean hotpluggable;
    private final List<Property> properties;
    private final DeviceFactory factory;

    private DeviceType(Builder builder, DeviceFactory factory) {
        name = builder.name;
        description = builder.description;
        bus = builder.bus;
        category = builder.category;
        aliases = List.copyOf(builder.aliases);
        userCreatable = builder.userCreatable;
        hotpluggable = builder.hotpluggable;
        properties = List.copyOf(builder.properties);
        this.factory = factory;
    }

    /** Begins a type that users may create, without description, bus or properties, not hotpluggable. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** What the user calls it. */
    public String name() {
        return name;
    }

    /** What it is, in a few words; may be empty. */
    public String description() {
        return description;
    }

    /** The kind of bus it sits on, such as {@code PCI}, {@code ISA} or {@code System}; null for none. */
    public @Nullable String bus() {
        return bus;
    }

    /** Where help lists it. */
    public DeviceCategory category() {
        return category;
    }

    /** Other names for it. */
    public List<String> aliases() {
        return aliases;
    }

    /** Whether the user may ask for one; otherwise only the board makes them. */
    public boolean userCreatable() {
        return userCreatable;
    }

    /** Whether one may be added or removed while the machine runs. */
    public boolean hotpluggable() {
        return hotpluggable;
    }

    /** The properties it takes. */
    public List<Property> properties() {
        return properties;
    }

    /** The property of that name, or null. */
    public @Nullable Property property(String propertyName) {
        for (Property property : properties) {
            if (property.name().equals(propertyName)) {
                return property;
            }
        }
        return null;
    }

    /** Constructs one. */
    Device create(DeviceConfig config) {
        return factory.create(config);
    }

    /** The line by which help lists the type, without a line end. */
    String helpLine() {
        StringBuilder line = new StringBuilder("name \"" + name + "\"");
        if (bus != null) {
            line.append(", bus ").append(bus);
        }
        if (!aliases.isEmpty()) {
            line.append(", alias \"").append(aliases.get(0)).append('"');
        }
        if (!description.isEmpty()) {
            line.append(", desc \"").append(description).append('"');
        }
        if (!userCreatable) {
            line.append(", no-user");
        }
        return line.toString();
    }

    @Override
    public String toString() {
        return name;
    }

    /** Collects what makes a {@link DeviceType}. */
    public static final class Builder {
        private final String name;
        private String description = "";
        private @Nullable String bus;
        private DeviceCategory category = DeviceCategory.MISC;
        private final List<String> aliases = new ArrayList<>();
        private boolean userCreatable = true;
        private boolean hotpluggable;
        private final List<Property> properties = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /** What it is, in a few words. */
        public Builder description(String text) {
            description = text;
            return this;
        }

        /** The kind of bus it sits on. */
        public Builder bus(String kind) {
            bus = kind;
            return this;
        }

        /** Where help lists it; under Misc unless said. */
        public Builder category(DeviceCategory heading) {
            category = heading;
            return this;
        }

        /** Another name for it. */
        public Builder alias(String alias) {
            aliases.add(alias);
            return this;
        }

        /** Only the board makes these. */
        public Builder boardOnly() {
            userCreatable = false;
            return this;
        }

        /** May be added and removed while the machine runs. */
        public Builder hotpluggable() {
            hotpluggable = true;
            return this;
        }

        /** A property that it takes. */
        public Builder property(Property property) {
            for (Property other : properties) {
                if (other.name().equals(property.name())) {
                    throw new IllegalArgumentException(name + " has two properties " + property.name());
                }
            }
            properties.add(property);
            return this;
        }

        /** Several properties, such as those that every device of a bus takes. */
        public Builder properties(List<Property> several) {
            several.forEach(this::property);
            return this;
        }

        /** The type, whose devices {@code factory} constructs. */
        public DeviceType build(DeviceFactory factory) {
            return new DeviceType(this, factory);
        }
    }
}
