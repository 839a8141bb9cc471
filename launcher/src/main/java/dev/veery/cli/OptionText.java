package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.base.OptionSyntax;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code key=value,key=value} value of an option. A doubled comma is a comma; a key alone means {@code on}, or
 * {@code off} after {@code no}. Parsers take the keys they know one by one; {@link #finish} refuses what is left.
 */
final class OptionText {
    private final String whole;
    private final Map<String, String> values = new LinkedHashMap<>();
    private boolean help;

    /**
     * Splits.
     *
     * @param option with its dash
     * @param impliedKey the key of the first part if that has none; null if it must have one
     */
    OptionText(String option, String text, @Nullable String impliedKey) {
        whole = option + " " + text;
        String implied = impliedKey;
        for (String part : OptionSyntax.parts(text)) {
            add(part, implied);
            implied = null;
        }
    }

    /** What JSON had instead of text; {@code whole} is the option with it. */
    OptionText(String whole, Map<String, String> members) {
        this.whole = whole;
        values.putAll(members);
    }

    private void add(String part, @Nullable String impliedKey) {
        int equals = part.indexOf('=');
        if (part.equals("help") || part.equals("?")) {
            help = true;
        } else if (equals > 0) {
            values.put(part.substring(0, equals), part.substring(equals + 1));
        } else if (equals == 0) {
            throw error("'" + part + "' has no key before the '='");
        } else if (impliedKey != null) {
            values.put(impliedKey, part);
        } else if (part.startsWith("no") && part.length() > 2) {
            values.put(part.substring(2), "off");
        } else if (!part.isEmpty()) {
            values.put(part, "on");
        }
    }

    /** Whether {@code help} or {@code ?} is among the parts. */
    boolean wantsHelp() {
        return help;
    }

    /** Takes a value, or null. */
    @Nullable
    String take(String key) {
        return values.remove(key);
    }

    /** A value that stays to be taken, or null. */
    @Nullable
    String peek(String key) {
        return values.get(key);
    }

    /** Takes a value that must be there. */
    String require(String key) {
        String value = values.remove(key);
        if (value == null || value.isEmpty()) {
            throw error("'" + key + "' is missing; add " + key + "=...");
        }
        return value;
    }

    /** Takes a switch. */
    boolean takeFlag(String key, boolean absent) {
        String value = values.remove(key);
        return value == null ? absent : flag(key, value);
    }

    /** Takes a number of at least 1. */
    int takeCount(String key, int absent) {
        String value = values.remove(key);
        if (value == null) {
            return absent;
        }
        int count = 0;
        for (int n = 0; n < value.length() && count < 100_000; n++) {
            char c = value.charAt(n);
            count = c < '0' || c > '9' ? 100_000 : count * 10 + c - '0';
        }
        if (count < 1 || count >= 100_000) {
            throw error("'" + key + "=" + value + "' is not a number of at least 1");
        }
        return count;
    }

    /** Understands a switch. */
    boolean flag(String key, String value) {
        Boolean on = OptionSyntax.flag(value);
        if (on == null) {
            throw error("'" + key + "=" + value + "' is neither on nor off");
        }
        return on;
    }

    /** Takes a switch that can only be off here. */
    void takeOff(String key) {
        if (takeFlag(key, false)) {
            throw error("'" + key + "=on' is not available in this version");
        }
    }

    /** Takes everything that is left, in the order given. */
    Map<String, String> takeAll() {
        Map<String, String> rest = new LinkedHashMap<>(values);
        values.clear();
        return rest;
    }

    /** Refuses keys that were not taken. */
    void finish() {
        for (String key : values.keySet()) {
            throw error("there is no property '" + key + "'");
        }
    }

    /** A usage error that begins with the option. */
    ConfigException error(String what) {
        return ConfigException.usage(whole + ": " + what);
    }
}
