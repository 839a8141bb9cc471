package dev.veery.explain;

import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.linux.sysfs.PciResource;
import dev.veery.linux.sysfs.ReservedRegion;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.vfio.DryDevice;
import dev.veery.vfio.DrySpace;
import java.util.List;
import java.util.stream.Collectors;

/** An explanation for people. */
final class TextReport {
    private final Explanation explanation;
    private final StringBuilder text = new StringBuilder();

    private TextReport(Explanation explanation) {
        this.explanation = explanation;
    }

    static String of(Explanation explanation) {
        return new TextReport(explanation).write();
    }

    private String write() {
        explanation.devices().forEach(this::device);
        explanation.spaces().forEach(this::space);
        memory();
        explanation
                .warnings()
                .forEach(warning -> text.append("note: ").append(warning).append('\n'));
        List<String> obstacles = explanation.obstacles();
        if (obstacles.isEmpty()) {
            text.append("ready: nothing stands in the way\n");
        } else {
            text.append("not ready:\n");
            obstacles.forEach(obstacle -> text.append("  - ").append(obstacle).append('\n'));
        }
        return text.toString();
    }

    private void field(String name, String value) {
        text.append(String.format("  %-15s %s%n", name, value));
    }

    private void device(DryDevice assigned) {
        HostPciDevice device = assigned.hostDevice();
        text.append(device).append("  ").append(DeviceFacts.identity(device)).append('\n');
        field(
                "driver",
                device.driver().orElse("none")
                        + device.driverOverride()
                                .map(name -> " (override " + name + ")")
                                .orElse("")
                        + device.powerState().map(state -> ", power " + state).orElse("")
                        + (device.numaNode().isPresent()
                                ? ", NUMA node " + device.numaNode().getAsInt()
                                : ""));
        field("group", device.group().map(TextReport::group).orElse("none: no IOMMU of the host stands before it"));
        if (!device.bridges().isEmpty()) {
            field(
                    "behind",
                    device.bridges().stream().map(HostPciDevice::toString).collect(Collectors.joining(", ")));
        }
        PciAddress alias = DeviceFacts.alias(device);
        field(
                "requester",
                "host " + device + (alias == null ? "" : ", seen as " + alias) + "; guest "
                        + explanation.guestPath(assigned));
        field(
                "DMA domain",
                assigned.translated()
                        ? explanation.domain(assigned)
                                + ": what the guest maps there; all RAM until it turns translation on"
                        : explanation.domain(assigned) + ": all RAM at its own address");
        DrySpace space = assigned.space();
        if (space != null) {
            List<DryDevice> sharing = explanation.sharing(assigned);
            field(
                    "address space",
                    explanation.name(space)
                            + (sharing.isEmpty()
                                    ? ", its own"
                                    : ", shared with "
                                            + sharing.stream()
                                                    .map(other ->
                                                            other.hostDevice().toString())
                                                    .collect(Collectors.joining(", "))));
        }
        field(
                "base addresses",
                device.resources().isEmpty()
                        ? "none"
                        : device.resources().stream().map(TextReport::resource).collect(Collectors.joining(", ")));
        List<HostPciDevice> others = DeviceFacts.alsoReset(device);
        field(
                "reset",
                DeviceFacts.reset(device)
                        + (others.isEmpty()
                                ? device.resettable() ? "; no other function is affected" : ""
                                : "; resets "
                                        + others.stream()
                                                .map(HostPciDevice::toString)
                                                .collect(Collectors.joining(", ")) + " as well"));
        DeviceFacts.resetWarnings(assigned).forEach(warning -> field("", warning));
        field(
                "interrupts",
                DeviceFacts.interrupts(Capabilities.of(device)) + "; " + DeviceFacts.interruptPath(assigned));
        text.append('\n');
    }

    private static String group(IommuGroup group) {
        return group.number() + ": "
                + group.members().stream()
                        .map(member -> member + " (" + member.driver().orElse("no driver")
                                + (member.letsItsGroupGo() ? ")" : ", in the way)"))
                        .collect(Collectors.joining(", "));
    }

    private static String resource(PciResource resource) {
        String size = DeviceFacts.size(resource.size());
        if (resource.index() == PciResource.ROM) {
            return "ROM " + size;
        }
        return resource.index() + ": " + size
                + (resource.io() ? " ports" : resource.prefetchable() ? " prefetchable" : "");
    }

    private void space(DrySpace space) {
        text.append(explanation.name(space)).append('\n');
        field(
                "devices",
                space.devices().stream()
                        .map(DryDevice::hostDevice)
                        .sorted((a, b) -> a.address().compareTo(b.address()))
                        .map(HostPciDevice::toString)
                        .collect(Collectors.joining(", ")));
        field(
                "addresses",
                space.addressBits() == Long.SIZE
                        ? "width not known before it is opened"
                        : space.addressBits() + " bits");
        field(
                "mappings",
                space.count() + (space.limit() == IommuInfo.UNLIMITED ? "" : " of at most " + space.limit()) + ", "
                        + DeviceFacts.size(space.bytes()));
        for (DrySpace.Mapping mapping : space.mappings()) {
            text.append(String.format(
                    "    %s  %-3s  %-2s  %s%s%n",
                    range(mapping.iova(), mapping.length()),
                    mapping.kind(),
                    mapping.writable() ? "rw" : "r",
                    mapping.region(),
                    mapping.refusal().isEmpty() ? "" : "  REFUSED: " + mapping.refusal()));
        }
        for (DrySpace.Skipped part : space.skipped()) {
            text.append(String.format(
                    "    %s  not mapped: %s, %s%n",
                    range(part.address(), part.length()), part.region(), part.reason()));
        }
        for (ReservedRegion region : space.reserved()) {
            field(
                    "reserved",
                    String.format(
                            "%s  %s%s",
                            range(region.first(), region.last() - region.first() + 1),
                            region.type(),
                            Explanation.hit(space, region)
                                    ? region.relaxable() ? ": in guest memory, may be mapped over" : ": IN GUEST MEMORY"
                                    : ""));
        }
        text.append('\n');
    }

    private static String range(long first, long length) {
        return String.format("%012x-%012x", first, first + length - 1);
    }

    private void memory() {
        HostLimits limits = explanation.limits();
        String limit = limits.privileged()
                ? "no limit for this user"
                : !limits.known()
                        ? "the limit is not known"
                        : limits.lockable() == Long.MAX_VALUE
                                ? "unlimited"
                                : "the limit is " + DeviceFacts.size(limits.lockable()) + " (ulimit -l)";
        text.append("locked memory: ")
                .append(DeviceFacts.size(explanation.neededBytes()))
                .append(" needed, ")
                .append(limit)
                .append('\n');
    }
}
