package dev.veery.explain;

import dev.veery.base.Units;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.vfio.DryDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What follows from where a function of the host sits. */
final class DeviceFacts {
    private static final String BUS_RESET = "bus";

    private DeviceFacts() {}

    /** Vendor and device, class, as lspci -n prints them. */
    static String identity(HostPciDevice device) {
        return String.format("%04x:%04x class %06x", device.vendorId(), device.deviceId(), device.classCode());
    }

    /**
     * What the host's IOMMU sees as the requester in its place, or null if itself: a bridge to conventional PCI puts its own
     * id, or that of its secondary bus, into what it forwards (PCI Express to PCI Bridge 1.0, 2.3).
     */
    static @Nullable PciAddress alias(HostPciDevice device) {
        List<HostPciDevice> bridges = device.bridges();
        PciAddress alias = null;
        HostPciDevice below = device;
        for (int n = bridges.size() - 1; n >= 0; n--) {
            HostPciDevice bridge = bridges.get(n);
            if (bridge.leadsToABus() && !below.isExpress()) {
                alias = bridge.isExpress()
                        ? new PciAddress(
                                below.address().domain(), below.address().bus(), 0, 0)
                        : bridge.address();
            }
            below = bridge;
        }
        return device.address().equals(alias) ? null : alias;
    }

    /** How the kernel resets it: the first method counts. */
    static String reset(HostPciDevice device) {
        List<String> methods = device.resetMethods();
        if (methods.isEmpty()) {
            return device.resettable() ? "as the kernel chooses (before 5.15 it does not say)" : "none";
        }
        return switch (methods.get(0)) {
            case "flr" -> "function level reset";
            case "af_flr" -> "function level reset (Advanced Features)";
            case "pm" -> "through power state D3hot";
            case BUS_RESET -> "of its bus";
            case "device_specific" -> "in the device's own way";
            case "acpi" -> "by the firmware (ACPI _RST)";
            case "cxl_bus" -> "of its CXL bus";
            default -> methods.get(0);
        };
    }

    /** Whom a reset takes along. */
    static List<HostPciDevice> alsoReset(HostPciDevice device) {
        List<String> methods = device.resetMethods();
        return !methods.isEmpty() && methods.get(0).equals(BUS_RESET) ? device.busNeighbours() : List.of();
    }

    /** What a guest has to know of its resets; empty if nothing. */
    static List<String> resetWarnings(DryDevice assigned) {
        HostPciDevice device = assigned.hostDevice();
        List<String> warnings = new ArrayList<>();
        if (!device.resettable()) {
            warnings.add("it keeps its state when the guest restarts");
        }
        for (HostPciDevice other : alsoReset(device)) {
            if (!other.letsItsGroupGo()) {
                warnings.add("its reset would hit " + other + ", driver "
                        + other.driver().orElse("none") + ": VFIO refuses to do that");
            }
        }
        return warnings;
    }

    /** The ways it interrupts, in words. */
    static String interrupts(Capabilities capabilities) {
        List<String> ways = new ArrayList<>();
        if (capabilities.msix() > 0) {
            ways.add("MSI-X (" + capabilities.msix() + ")");
        }
        if (capabilities.msi() > 0) {
            ways.add("MSI (" + capabilities.msi() + ")");
        }
        if (capabilities.pin() > 0) {
            ways.add("INT" + (char) ('A' + capabilities.pin() - 1));
        }
        if (!capabilities.readable()) {
            ways.add("messages known to root only");
        }
        return ways.isEmpty() ? "none" : String.join(", ", ways);
    }

    /** The way of an interrupt from the device to a processor of the guest. */
    static String interruptPath(DryDevice assigned) {
        return "eventfd, epoll thread, " + (assigned.translated() ? "the guest's interrupt remapping, " : "")
                + "local APIC";
    }

    /** {@code 512 MiB}, {@code 511.4 MiB}: for people, not exact. */
    static String size(long bytes) {
        if (bytes < Units.MIB) {
            return bytes % Units.KIB == 0 ? bytes / Units.KIB + " KiB" : bytes + " bytes";
        }
        boolean large = bytes >= Units.GIB;
        long tenths = Math.round(bytes * 10.0 / (large ? Units.GIB : Units.MIB));
        return tenths / 10 + (tenths % 10 == 0 ? "" : "." + tenths % 10) + (large ? " GiB" : " MiB");
    }
}
