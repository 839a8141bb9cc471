package dev.veery.net;

import dev.veery.base.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * Ethernet addresses as numbers, the first byte lowest, and those of cards for which the user gave none: 52:54:00:12:34:56
 * and on.
 */
public final class MacAddresses {
    /** Bytes of an address. */
    public static final int BYTES = 6;

    private static final long FIRST = 0x5634_1200_5452L;
    private static final int LAST_BYTE = 40;

    private int given;

    /**
     * The address of the next card.
     *
     * @param property what to call it in an error
     * @param text what the user gave, or null
     * @throws ConfigException if that is not an address of one station
     */
    public long next(String property, @Nullable String text) {
        long number = given++;
        return text == null ? FIRST + (number << LAST_BYTE) : parse(property, text);
    }

    private static long parse(String property, String text) {
        long value = 0;
        if (text.matches("[0-9a-fA-F]{1,2}([:-][0-9a-fA-F]{1,2}){5}")) {
            int shift = 0;
            for (String part : text.split("[:-]", -1)) {
                value |= Long.parseLong(part, 16) << shift;
                shift += 8;
            }
        }
        if (value == 0 || (value & 1) != 0) {
            throw new ConfigException("Property '" + property + "' doesn't take value '" + text
                    + "': six bytes of a station's address, like 52:54:00:12:34:56");
        }
        return value;
    }
}
