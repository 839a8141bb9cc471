package dev.veery.q35;

import dev.veery.base.ConfigException;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The properties of the machine, as {@code -machine} takes them. */
public final class Q35Options {
    /** The name of the machine. */
    public static final String NAME = "q35";

    /** Where interrupt controllers are under KVM; {@code auto} is split with interrupt remapping and on without. */
    public static final String KERNEL_IRQCHIP = "kernel-irqchip";

    static final String HPET = "hpet";
    static final String PIT = "pit";
    static final String I8042 = "i8042";
    static final String GRAPHICS = "graphics";
    static final String VIOMMU_ORDER = "viommu-order";
    static final String STRICT = "strict";

    private static final List<Property> PROPERTIES = List.of(
            Property.string("accel", "Accelerators to try, the first first, separated by colons"),
            Property.bool(HPET, true, "High-precision event timer"),
            Property.bool(PIT, true, "i8254 programmable interval timer"),
            Property.bool(I8042, true, "Keyboard controller"),
            Property.bool(GRAPHICS, true, "Tell firmware and guest that there may be a display"),
            Property.enumeration("smm", "auto", "System management mode; only off and auto", "auto", "off"),
            Property.enumeration(
                    KERNEL_IRQCHIP,
                    "auto",
                    "With KVM, interrupt controllers in the host kernel: all, none, or only local APICs (split)",
                    "auto",
                    "on",
                    "off",
                    "split"),
            Property.enumeration("vmport", "auto", "VMware backdoor port; only off and auto", "auto", "off"),
            Property.enumeration("usb", "off", "Default USB controller; only off", "off"),
            Property.enumeration(
                    VIOMMU_ORDER,
                    "auto",
                    "Whether an IOMMU may be named behind the devices it translates for (auto) or not (strict)",
                    "auto",
                    STRICT),
            Property.bool("dump-guest-core", true, "Include guest memory in a core dump; without effect here"),
            Property.bool("mem-merge", true, "Let the host merge equal pages; without effect here"));

    private Q35Options() {}

    /** The properties with their types and defaults. */
    public static List<Property> properties() {
        return PROPERTIES;
    }

    /**
     * Parses what the user gave.
     *
     * @throws ConfigException for an unknown property, named, or a value that does not fit
     */
    public static PropertyValues parse(Map<String, String> texts) {
        return PropertyValues.parse(NAME, PROPERTIES, texts);
    }

    /** What {@code -machine help} prints. */
    public static String help() {
        return "Supported machines are:\n"
                + "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35) (default)\n";
    }

    /** What {@code -machine q35,help} prints. */
    public static String propertiesHelp() {
        StringBuilder text = new StringBuilder(NAME + " options:\n");
        PROPERTIES.stream()
                .map(Property::help)
                .sorted()
                .forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /**
     * Whether this is the machine that {@code name} names.
     *
     * @throws ConfigException if it is not
     */
    public static void checkName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (!lower.equals(NAME) && !lower.equals("pc-q35")) {
            throw new ConfigException("unsupported machine type '" + name + "'; use -machine help to list them");
        }
    }
}
