package dev.veery.q35.vtd;

import dev.veery.base.ConfigException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory that a device uses before a driver asks, as firmware reports it (RMRR, VT-d 8.4): an operating system leaves it
 * alone and maps it to itself for that device.
 *
 * @param first on a page boundary
 * @param last the last byte of a page
 * @param source the device: slot * 8 + function on bus 0
 */
public record ReservedRange(long first, long last, int source) {
    private static final Pattern FORM =
            Pattern.compile("0x([0-9a-fA-F]{1,12})-0x([0-9a-fA-F]{1,12})@([0-9a-fA-F]{1,2})\\.([0-7])");

    private static final long PAGE = 4096;
    private static final int SLOTS = 32;

    /** Reads {@code 0xFIRST-0xLAST@SLOT.FUNCTION}. */
    static ReservedRange parse(String property, String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new ConfigException(
                    "Property '" + property + "' takes 0xFIRST-0xLAST@SLOT.FUNCTION, not '" + text + "'");
        }
        long first = Long.parseLong(m.group(1), 16);
        long last = Long.parseLong(m.group(2), 16);
        int slot = Integer.parseInt(m.group(3), 16);
        if (first % PAGE != 0 || last % PAGE != PAGE - 1 || last < first || slot >= SLOTS) {
            throw new ConfigException(
                    "Property '" + property + "': '" + text + "' is not whole pages of a device on pcie.0");
        }
        return new ReservedRange(first, last, slot << 3 | Integer.parseInt(m.group(4)));
    }
}
