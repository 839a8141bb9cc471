package dev.veery.chardev;

import dev.veery.base.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code key=value,key=value} part of an option. A doubled comma is a comma; a key alone means {@code on}, or {@code off}
 * after {@code no}. Keys are taken one by one; {@link #finish} refuses what nobody took.
 */
final class KeyValues {
    private static final Set<String> ON = Set.of("on", "yes", "true", "y");
    private static final Set<String> OFF = Set.of("off", "no", "false", "n");

    private final String option;
    private final Map<String, String> values = new LinkedHashMap<>();

    /**
     * Splits an option.
     *
     * @param option how messages name it, such as {@code -serial unix:x}
     * @param impliedKey the key of the first part if that has none
     */
    KeyValues(String option, String text, String impliedKey) {
        this.option = option;
        int at = 0;
        boolean first = true;
        while (at <= text.length()) {
            StringBuilder part = new StringBuilder();
            at = scan(text, at, part);
            add(part.toString(), first ? impliedKey : null);
            first = false;
        }
    }

    /** Collects one part and returns where the next starts. */
    private static int scan(String text, int from, StringBuilder part) {
        int at = from;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ',') {
                if (at + 1 == text.length() || text.charAt(at + 1) != ',') {
                    return at + 1;
                }
                at++;
            }
            part.append(c);
            at++;
        }
        return at + 1;
    }

    private void add(String part, @Nullable String impliedKey) {
        int equals = part.indexOf('=');
        if (impliedKey != null && equals < 0) {
            values.put(impliedKey, part);
        } else if (equals >= 0) {
            values.put(part.substring(0, equals), part.substring(equals + 1));
        } else if (part.startsWith("no") && part.length() > 2) {
            String key = part.substring(2);
            values.put(key.equals("delay") ? "nodelay" : key, key.equals("delay") ? "on" : "off");
        } else if (!part.isEmpty()) {
            values.put(part, "on");
        }
    }

    /** Takes a value, or the empty string. */
    String take(String key) {
        String value = values.remove(key);
        return value == null ? "" : value;
    }

    /** Takes a value that must be there. */
    String require(String key) {
        String value = take(key);
        if (value.isEmpty()) {
            throw error("'" + key + "' is missing; add " + key + "=...");
        }
        return value;
    }

    boolean takeFlag(String key, boolean absent) {
        String value = values.remove(key);
        if (value == null) {
            return absent;
        }
        if (!ON.contains(value) && !OFF.contains(value)) {
            throw error("'" + key + "=" + value + "' is neither on nor off");
        }
        return ON.contains(value);
    }

    /** Refuses keys that were not taken. */
    void finish() {
        for (String key : values.keySet()) {
            throw error("'" + key + "' is not an option of this back end");
        }
    }

    ConfigException error(String what) {
        return ConfigException.usage(option + ": " + what);
    }
}
