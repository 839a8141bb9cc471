package dev.veery.config;

import org.jspecify.annotations.Nullable;

/**
 * The program itself.
 *
 * @param pidFile where to write the process id, or null
 * @param timestamps whether lines for the user begin with the time
 * @param guestName whether lines for the user name the machine
 */
public record ProcessOptions(@Nullable String pidFile, boolean timestamps, boolean guestName) {
    /** As without the options. */
    public static final ProcessOptions DEFAULT = new ProcessOptions(null, false, false);
}
