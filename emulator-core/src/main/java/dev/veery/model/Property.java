package dev.veery.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A property that a device type takes, as {@code name=value}.
 *
 * @param name as the user writes it
 * @param type what values it takes
 * @param defaultValue in the form {@link PropertyParser#parse} yields, or null if there is none
 * @param description for help; may be empty
 * @param choices the values of an enumeration, otherwise empty
 */
public record Property(
        String name, Type type, @Nullable Object defaultValue, String description, List<String> choices) {
    /** What values a property takes, with the name that help shows. */
    public enum Type {
        /** on, off, yes, no, true, false, y, n. */
        BOOL("bool", 1),
        /** 0 to 2^8 - 1. */
        UINT8("uint8", 8),
        /** 0 to 2^16 - 1. */
        UINT16("uint16", 16),
        /** 0 to 2^32 - 1. */
        UINT32("uint32", 32),
        /** 0 to 2^64 - 1. */
        UINT64("uint64", 64),
        /** Bytes, with an optional suffix B, K, M, G, T, P or E. */
        SIZE("size", 64),
        /** Any text. */
        STRING("str", 0),
        /** One of a few words. */
        ENUM("enum", 0),
        /** A PCI slot and optional function in hexadecimal, {@code 1f.3} or {@code 3}. */
        PCI_ADDRESS("int32", 8);

        private final String helpName;
        private final int bits;

        Type(String helpName, int bits) {
            this.helpName = helpName;
            this.bits = bits;
        }

        /** The name that help shows. */
        public String helpName() {
            return helpName;
        }

        /** The width of numbers, in bits. */
        int bits() {
            return bits;
        }
    }

    /** Copies the choices. */
    public Property {
        choices = List.copyOf(choices);
    }

    /** A switch. */
    public static Property bool(String name, boolean defaultValue, String description) {
        return new Property(name, Type.BOOL, defaultValue, description, List.of());
    }

    /** An 8-bit number. */
    public static Property uint8(String name, int defaultValue, String description) {
        return number(name, Type.UINT8, defaultValue, description);
    }

    /** A 16-bit number. */
    public static Property uint16(String name, int defaultValue, String description) {
        return number(name, Type.UINT16, defaultValue, description);
    }

    /** A 32-bit number. */
    public static Property uint32(String name, long defaultValue, String description) {
        return number(name, Type.UINT32, defaultValue, description);
    }

    /** A 64-bit number. */
    public static Property uint64(String name, long defaultValue, String description) {
        return number(name, Type.UINT64, defaultValue, description);
    }

    /** A size in bytes. */
    public static Property size(String name, long defaultValue, String description) {
        return number(name, Type.SIZE, defaultValue, description);
    }

    /** Text, absent unless given. */
    public static Property string(String name, String description) {
        return new Property(name, Type.STRING, null, description, List.of());
    }

    /** Text with a default. */
    public static Property string(String name, String defaultValue, String description) {
        return new Property(name, Type.STRING, defaultValue, description, List.of());
    }

    /** One of {@code choices}. */
    public static Property enumeration(String name, String defaultValue, String description, String... choices) {
        Property property = new Property(name, Type.ENUM, defaultValue, description, List.of(choices));
        if (!property.choices.contains(defaultValue)) {
            throw new IllegalArgumentException(name + " cannot be " + defaultValue);
        }
        return property;
    }

    /** A PCI slot and function, chosen by the bus unless given. */
    public static Property pciAddress(String name, String description) {
        return new Property(name, Type.PCI_ADDRESS, -1L, description, List.of());
    }

    private static Property number(String name, Type type, long defaultValue, String description) {
        if (type.bits < 64 && defaultValue >>> type.bits != 0) {
            throw new IllegalArgumentException(name + " cannot be " + defaultValue);
        }
        return new Property(name, type, defaultValue, description, List.of());
    }

    /** The line that help shows, without a line end. */
    public String help() {
        StringBuilder line = new StringBuilder("  " + name + "=<" + type.helpName + ">");
        if (!description.isEmpty() || defaultValue != null) {
            while (line.length() < 24) {
                line.append(' ');
            }
            line.append(" - ").append(description);
        }
        if (defaultValue != null) {
            line.append(" (default: ").append(defaultText(defaultValue)).append(')');
        }
        return line.toString();
    }

    private String defaultText(Object value) {
        if (value instanceof Boolean) {
            return (Boolean) value ? "on" : "off";
        }
        boolean unsigned = value instanceof Long && type != Type.PCI_ADDRESS;
        return unsigned ? Long.toUnsignedString((Long) value) : value.toString();
    }
}
