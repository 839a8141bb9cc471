package dev.veery.runtime;

import java.io.File;
import java.io.IOException;

/** What went wrong with a file, in the system's words and without its name. */
final class HostErrors {
    private HostErrors() {}

    /** The reason that {@code e} gives for failing to open or write {@code file}. */
    static String reason(IOException e, String file) {
        String text = String.valueOf(e.getMessage());
        int open = text.lastIndexOf(" (");
        if (open >= 0 && text.endsWith(")")) {
            return text.substring(open + 2, text.length() - 1);
        }
        return new File(file).isDirectory() ? "Is a directory" : text;
    }
}
