package dev.veery.chardev;

import dev.veery.base.ConfigException;
import dev.veery.base.OptionSyntax;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code key=value,key=value} part of an option. A doubled comma is a comma; a key alone means {@code on}, or {@code off}
 * after {@code no}. Keys are taken one by one; {@link #finish} refuses what nobody took.
 */
final class KeyValues {
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
        @Nullable String implied = impliedKey;
        for (String part : OptionSyntax.parts(text)) {
            add(part, implied);
            implied = null;
        }
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
        Boolean on = OptionSyntax.flag(value);
        if (on == null) {
            throw error("'" + key + "=" + value + "' is neither on nor off");
        }
        return on;
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
