package dev.veery.cli;

import dev.veery.base.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the JSON that options take: an object of strings, numbers, booleans and further objects. As QEMU does, it also takes
 * single quotes. Values become the text that {@code key=value} would have: booleans {@code on} and {@code off}, members of
 * inner objects {@code outer.inner}.
 */
final class Json {
    private static final int MAX_PREFIX = 200;

    private final String option;
    private final String text;
    private int at;

    private Json(String option, String text) {
        this.option = option;
        this.text = text;
    }

    /**
     * Reads an object.
     *
     * @param option what messages begin with
     * @throws ConfigException a usage error that says where it is malformed
     */
    static Map<String, String> object(String option, String text) {
        return new Json(option, text).object();
    }

    private Map<String, String> object() {
        Map<String, String> members = new LinkedHashMap<>();
        members("", members);
        if (peek() != 0) {
            throw error("text follows the object");
        }
        return members;
    }

    private void members(String prefix, Map<String, String> members) {
        if (prefix.length() > MAX_PREFIX) {
            throw error("objects are nested too deeply");
        }
        expect('{');
        if (peek() == '}') {
            at++;
            return;
        }
        do {
            String key = prefix + string();
            expect(':');
            if (peek() == '{') {
                members(key + ".", members);
            } else if (members.put(key, value()) != null) {
                throw error("'" + key + "' is given twice");
            }
        } while (peek() == ',' && at++ >= 0);
        expect('}');
    }

    private String value() {
        char c = peek();
        if (c == '"' || c == '\'') {
            return string();
        }
        if (c == '[') {
            throw error("values are strings, numbers, booleans or objects");
        }
        int start = at;
        while (at < text.length() && ",}] \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(start, at);
        switch (word) {
            case "true":
                return "on";
            case "false":
                return "off";
            default:
                break;
        }
        for (int n = 0; n < word.length(); n++) {
            if ("0123456789+-.eE".indexOf(word.charAt(n)) < 0) {
                throw error("'" + word + "' is not a value");
            }
        }
        if (word.isEmpty()) {
            throw error("a value is missing");
        }
        return word;
    }

    private String string() {
        char quote = peek();
        if (quote != '"' && quote != '\'') {
            throw error("a string is missing");
        }
        at++;
        StringBuilder content = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == quote) {
                return content.toString();
            }
            content.append(c == '\\' ? escape() : c);
        }
        throw error("a string does not end");
    }

    private char escape() {
        char c = at < text.length() ? text.charAt(at++) : 0;
        int plain = "\"'\\/".indexOf(c);
        int control = "bfnrt".indexOf(c);
        if (plain >= 0) {
            return c;
        }
        if (control >= 0) {
            return "\b\f\n\r\t".charAt(control);
        }
        if (c == 'u' && at + 4 <= text.length()) {
            int code = 0;
            for (int n = 0; n < 4; n++) {
                int digit = Character.digit(text.charAt(at++), 16);
                if (digit < 0) {
                    throw error("\\u needs four hexadecimal digits");
                }
                code = code << 4 | digit;
            }
            return (char) code;
        }
        throw error("an escape is malformed");
    }

    /** The next character that is not blank, or 0 at the end. */
    private char peek() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw error("'" + wanted + "' is missing");
        }
        at++;
    }

    private ConfigException error(String what) {
        return ConfigException.usage(option + ": JSON, character " + (at + 1) + ": " + what);
    }
}
