package dev.veery.linux.sysfs;

import dev.veery.base.ConfigException;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a PCI function of the host sits.
 *
 * @param domain segment, 0 to 0xffff_ffff (virtual ones such as VMD's have more than 16 bits)
 * @param bus 0 to 255
 * @param slot 0 to 31
 * @param function 0 to 7
 */
public record PciAddress(long domain, int bus, int slot, int function) implements Comparable<PciAddress> {
    private static final Pattern FORM =
            Pattern.compile("(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}):([0-9a-fA-F]{2})\\.([0-7])");

    private static final Comparator<PciAddress> ORDER = Comparator.comparingLong(PciAddress::domain)
            .thenComparingInt(PciAddress::bus)
            .thenComparingInt(PciAddress::slot)
            .thenComparingInt(PciAddress::function);

    /** Checks the ranges. */
    public PciAddress {
        if (domain >>> 32 != 0 || bus >>> 8 != 0 || slot >>> 5 != 0 || function >>> 3 != 0) {
            throw new IllegalArgumentException(domain + ":" + bus + ":" + slot + "." + function);
        }
    }

    /**
     * Reads {@code 0000:03:00.0}, or without the domain {@code 03:00.0}, as lspci prints them.
     *
     * @throws ConfigException if it is neither
     */
    public static PciAddress parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || Integer.parseInt(form.group(3), 16) > 0x1f) {
            throw new ConfigException("'" + text + "' is not the address of a PCI device; it looks like 0000:03:00.0");
        }
        String domain = form.group(1);
        return new PciAddress(
                domain == null ? 0 : Long.parseLong(domain, 16),
                Integer.parseInt(form.group(2), 16),
                Integer.parseInt(form.group(3), 16),
                Integer.parseInt(form.group(4)));
    }

    /** Whether sysfs would name a device so. */
    static boolean isName(String name) {
        return name.indexOf(':') != name.lastIndexOf(':') && FORM.matcher(name).matches();
    }

    /** Bus, device and function as 16 bits, as a transaction carries them. */
    public int requesterId() {
        return bus << 8 | slot << 3 | function;
    }

    @Override
    public int compareTo(PciAddress other) {
        return ORDER.compare(this, other);
    }

    /** As sysfs names it. */
    @Override
    public String toString() {
        return String.format("%04x:%02x:%02x.%d", domain, bus, slot, function);
    }
}
