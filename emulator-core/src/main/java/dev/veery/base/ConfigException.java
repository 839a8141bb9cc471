package dev.veery.base;

import java.util.Objects;

/**
 * Something the user asked for cannot be done. The message is one line that names the thing and the remedy, without the
 * program's name and without a full stop; the launcher prints it and exits with status 1, or 2 for a usage error.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean usage;

    /** A run-time failure, exit status 1. */
    public ConfigException(String message) {
        this(message, false);
    }

    private ConfigException(String message, boolean usage) {
        super(message, null, false, false);
        this.usage = usage;
    }

    /** A mistake in the command line itself, exit status 2. */
    public static ConfigException usage(String message) {
        return new ConfigException(message, true);
    }

    /** Never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** Whether the command line itself was wrong, as opposed to what it names. */
    public boolean isUsage() {
        return usage;
    }
}
