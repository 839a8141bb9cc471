package dev.veery.cli;

import dev.veery.config.VmConfig;
import org.jspecify.annotations.Nullable;

/**
 * What a command line asks for.
 *
 * @param kind which of the members matter
 * @param text what to print, or the device or board whose properties to list
 * @param config the machine to run
 */
record Request(Kind kind, String text, @Nullable VmConfig config) {
    /** The things a command line can ask for. */
    enum Kind {
        /** Print {@code text}. */
        PRINT,
        /** Print the version. */
        VERSION,
        /** List the processors. */
        CPU_HELP,
        /** List the boards. */
        MACHINE_LIST,
        /** List the properties of the board {@code text}. */
        MACHINE_HELP,
        /** List the devices. */
        DEVICE_LIST,
        /** List the properties of the device {@code text}. */
        DEVICE_HELP,
        /** Run {@code config}. */
        RUN
    }

    static Request of(Kind kind) {
        return new Request(kind, "", null);
    }

    static Request print(String text) {
        return new Request(Kind.PRINT, text, null);
    }

    static Request run(VmConfig config) {
        return new Request(Kind.RUN, "", config);
    }
}
