package dev.veery.base;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all options of the form {@code key=value,key=value} have in common: commas and switches. */
public final class OptionSyntax {
    private OptionSyntax() {}

    /** The parts between single commas; a doubled comma is a comma. At least one part, which may be empty. */
    public static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c != ',') {
                part.append(c);
            } else if (at + 1 < text.length() && text.charAt(at + 1) == ',') {
                part.append(c);
                at++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    /** What a switch says: on, off, or null if the text is neither. */
    public static @Nullable Boolean flag(String text) {
        switch (text) {
            case "on":
            case "yes":
            case "true":
            case "y":
                return true;
            case "off":
            case "no":
            case "false":
            case "n":
                return false;
            default:
                return null;
        }
    }
}
