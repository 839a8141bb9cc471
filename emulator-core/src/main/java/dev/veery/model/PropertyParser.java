package dev.veery.model;

import dev.veery.base.ConfigException;
import dev.veery.base.OptionSyntax;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns what the user wrote into a property's value, and says in QEMU's words what is wrong with it. */
public final class PropertyParser {
    private static final Pattern SIZE = Pattern.compile("([0-9]*\\.?[0-9]+|[0-9]+\\.)([bkmgtpe]?)");
    private static final String SUFFIXES = "bkmgtpe";
    private static final Pattern PCI_ADDRESS = Pattern.compile("([0-9a-f]{1,2})(?:\\.([0-7]))?");

    private PropertyParser() {}

    /**
     * Parses.
     *
     * @param owner the device type, for messages
     * @return a Boolean, a Long (numbers, sizes, and PCI addresses as slot * 8 + function) or a String
     * @throws ConfigException if the property does not take {@code text}
     */
    public static Object parse(String owner, Property property, String text) {
        switch (property.type()) {
            case BOOL:
                return bool(property.name(), text);
            case UINT8:
            case UINT16:
            case UINT32:
            case UINT64:
                return number(property, text);
            case SIZE:
                return size(property.name(), text);
            case ENUM:
                if (!property.choices().contains(text)) {
                    throw new ConfigException("Parameter '" + property.name() + "' does not accept value '" + text
                            + "', only " + String.join(", ", property.choices()));
                }
                return text;
            case PCI_ADDRESS:
                return pciAddress(owner, property.name(), text);
            default:
                return text;
        }
    }

    /** Parses a switch. */
    public static boolean bool(String name, String text) {
        Boolean on = OptionSyntax.flag(text);
        if (on == null) {
            throw expects(name, "'on' or 'off'");
        }
        return on;
    }

    /** Parses a size in bytes: decimal, optionally with a fraction and a suffix, or hexadecimal. */
    public static long size(String name, String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith("0x")) {
            BigInteger bytes = integer(lower);
            if (bytes != null && bytes.bitLength() <= 64) {
                return bytes.longValue();
            }
            throw expects(name, "size");
        }
        Matcher matcher = SIZE.matcher(lower);
        if (lower.length() > 40 || !matcher.matches()) {
            throw expects(name, "size");
        }
        String suffix = String.valueOf(matcher.group(2));
        int shift = suffix.isEmpty() ? 0 : 10 * SUFFIXES.indexOf(suffix);
        BigDecimal units = new BigDecimal(String.valueOf(matcher.group(1)));
        if (shift == 0 && units.stripTrailingZeros().scale() > 0) {
            throw expects(name, "size");
        }
        BigInteger bytes = units.multiply(new BigDecimal(BigInteger.ONE.shiftLeft(shift)))
                .setScale(0, RoundingMode.HALF_UP)
                .toBigInteger();
        if (bytes.bitLength() > 64) {
            throw expects(name, "size");
        }
        return bytes.longValue();
    }

    private static Object number(Property property, String text) {
        BigInteger value = integer(text.toLowerCase(Locale.ROOT));
        if (value == null) {
            throw expects(property.name(), "integer");
        }
        if (value.bitLength() > property.type().bits()) {
            throw expects(property.name(), property.type().helpName() + "_t");
        }
        return value.longValue();
    }

    /** C's notation: hexadecimal after 0x, octal after 0, otherwise decimal; null if it is none. */
    private static @Nullable BigInteger integer(String text) {
        int radix = 10;
        String digits = text;
        if (text.startsWith("0x")) {
            radix = 16;
            digits = text.substring(2);
        } else if (text.length() > 1 && text.startsWith("0")) {
            radix = 8;
            digits = text.substring(1);
        }
        if (digits.isEmpty() || digits.length() > 64) {
            return null;
        }
        for (int n = 0; n < digits.length(); n++) {
            if (digits.charAt(n) > 'f' || Character.digit(digits.charAt(n), radix) < 0) {
                return null;
            }
        }
        return new BigInteger(digits, radix);
    }

    private static Object pciAddress(String owner, String name, String text) {
        Matcher matcher = PCI_ADDRESS.matcher(text.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            int slot = Integer.parseInt(String.valueOf(matcher.group(1)), 16);
            String function = matcher.group(2);
            if (slot < 32) {
                return (long) (slot << 3 | (function == null ? 0 : Integer.parseInt(function)));
            }
        }
        throw new ConfigException("Property '" + owner + "." + name + "' doesn't take value '" + text + "'");
    }

    private static ConfigException expects(String name, String what) {
        return new ConfigException("Parameter '" + name + "' expects " + what);
    }
}
