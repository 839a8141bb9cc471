package dev.veery.explain;

import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.Sysfs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a host has to give away, for who has not chosen yet. */
final class HostReport {
    private HostReport() {}

    private static List<HostPciDevice> candidates(Sysfs sysfs) {
        return sysfs.devices().stream().filter(device -> !device.isBridge()).toList();
    }

    static String text(Sysfs sysfs) {
        StringBuilder text = new StringBuilder();
        for (HostPciDevice device : candidates(sysfs)) {
            text.append(String.format(
                    "%s  %s  %s; %s%n",
                    device, DeviceFacts.identity(device), device.driver().orElse("no driver"), verdict(device)));
        }
        if (text.length() == 0) {
            text.append("this host has no PCI devices to give away\n");
        }
        return text.append("To see what one would do: veery explain -device vfio-pci,host=BDF ...\n")
                .toString();
    }

    static String json(Sysfs sysfs) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("hostIommu", sysfs.hasIommu());
        List<Object> devices = new ArrayList<>();
        for (HostPciDevice device : candidates(sysfs)) {
            Map<String, @Nullable Object> one = JsonReport.host(device);
            one.put("verdict", verdict(device));
            devices.add(one);
        }
        document.put("candidates", devices);
        return JsonText.of(document);
    }

    /** What is still to be done. */
    private static String verdict(HostPciDevice device) {
        if (device.group().isEmpty()) {
            return "behind no IOMMU";
        }
        IommuGroup group = device.group().get();
        List<HostPciDevice> blockers = group.blockers();
        String name = "group " + group.number();
        if (blockers.isEmpty()) {
            return name + (device.boundToVfio() ? ": ready" : ": veery bind " + device);
        }
        return name + ": veery bind "
                + blockers.stream().map(HostPciDevice::toString).collect(Collectors.joining(" "));
    }
}
