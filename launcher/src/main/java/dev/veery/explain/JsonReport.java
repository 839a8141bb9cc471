package dev.veery.explain;

import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.linux.sysfs.PciResource;
import dev.veery.linux.sysfs.ReservedRegion;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.vfio.DryDevice;
import dev.veery.vfio.DrySpace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An explanation for tools: addresses as hexadecimal text, sizes as numbers of bytes, null for what is not known. */
final class JsonReport {
    private final Explanation explanation;

    private JsonReport(Explanation explanation) {
        this.explanation = explanation;
    }

    static String of(Explanation explanation) {
        return JsonText.of(new JsonReport(explanation).document());
    }

    private Map<String, @Nullable Object> document() {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("ready", explanation.ready());
        document.put("obstacles", explanation.obstacles());
        document.put("warnings", explanation.warnings());
        document.put("ramBytes", explanation.ramBytes());
        document.put("guestIommu", explanation.unit());
        document.put("hostIommu", explanation.sysfs().hasIommu());
        HostLimits limits = explanation.limits();
        document.put("lockedBytes", explanation.neededBytes());
        document.put("lockLimitBytes", limits.lockable() == Long.MAX_VALUE ? null : limits.lockable());
        document.put("lockLimitKnown", limits.known());
        document.put("devices", explanation.devices().stream().map(this::device).toList());
        document.put(
                "addressSpaces", explanation.spaces().stream().map(this::space).toList());
        return document;
    }

    private Map<String, @Nullable Object> device(DryDevice assigned) {
        HostPciDevice device = assigned.hostDevice();
        Map<String, @Nullable Object> all = host(device);
        Map<String, @Nullable Object> requester = new LinkedHashMap<>();
        PciAddress alias = DeviceFacts.alias(device);
        requester.put("host", device.toString());
        requester.put("hostAlias", alias == null ? null : alias.toString());
        requester.put("guest", explanation.guestPath(assigned));
        requester.put("guestId", String.format("%04x", assigned.requesterId()));
        all.put("requester", requester);
        all.put("domain", explanation.domain(assigned));
        all.put("translated", assigned.translated());
        DrySpace space = assigned.space();
        all.put("addressSpace", space == null ? null : explanation.name(space));
        all.put(
                "sharedWith",
                names(explanation.sharing(assigned).stream()
                        .map(DryDevice::hostDevice)
                        .toList()));
        Map<String, @Nullable Object> reset = new LinkedHashMap<>();
        reset.put("methods", device.resetMethods());
        reset.put("plan", DeviceFacts.reset(device));
        reset.put("alsoResets", names(DeviceFacts.alsoReset(device)));
        reset.put("warnings", DeviceFacts.resetWarnings(assigned));
        all.put("reset", reset);
        Capabilities capabilities = Capabilities.of(device);
        Map<String, @Nullable Object> interrupts = new LinkedHashMap<>();
        interrupts.put("pin", capabilities.pin());
        interrupts.put("msi", capabilities.readable() ? capabilities.msi() : null);
        interrupts.put("msix", capabilities.readable() ? capabilities.msix() : null);
        interrupts.put("path", DeviceFacts.interruptPath(assigned));
        all.put("interrupts", interrupts);
        all.put("obstacles", assigned.obstacles());
        return all;
    }

    /** What a function is, whether assigned or not. */
    static Map<String, @Nullable Object> host(HostPciDevice device) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("bdf", device.toString());
        all.put("vendor", String.format("%04x", device.vendorId()));
        all.put("device", String.format("%04x", device.deviceId()));
        all.put("class", String.format("%06x", device.classCode()));
        all.put("driver", device.driver().orElse(null));
        all.put("driverOverride", device.driverOverride().orElse(null));
        all.put("powerState", device.powerState().orElse(null));
        all.put("numaNode", device.numaNode().isPresent() ? device.numaNode().getAsInt() : null);
        all.put("bridges", names(device.bridges()));
        all.put("group", device.group().map(JsonReport::group).orElse(null));
        List<Object> resources = new ArrayList<>();
        for (PciResource resource : device.resources()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("index", resource.index());
            one.put("bytes", resource.size());
            one.put("kind", resource.index() == PciResource.ROM ? "rom" : resource.io() ? "ports" : "memory");
            resources.add(one);
        }
        all.put("baseAddresses", resources);
        return all;
    }

    private static Map<String, @Nullable Object> group(IommuGroup group) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("number", group.number());
        all.put("type", group.type().orElse(null));
        List<Object> members = new ArrayList<>();
        for (HostPciDevice member : group.members()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("bdf", member.toString());
            one.put("driver", member.driver().orElse(null));
            one.put("blocks", !member.letsItsGroupGo());
            members.add(one);
        }
        all.put("members", members);
        return all;
    }

    private static List<String> names(List<HostPciDevice> devices) {
        return devices.stream().map(HostPciDevice::toString).toList();
    }

    private Map<String, @Nullable Object> space(DrySpace space) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("name", explanation.name(space));
        all.put(
                "devices",
                names(space.devices().stream()
                        .map(DryDevice::hostDevice)
                        .sorted((a, b) -> a.address().compareTo(b.address()))
                        .toList()));
        all.put("addressBits", space.addressBits() == Long.SIZE ? null : space.addressBits());
        all.put("maps", space.count());
        all.put("mapLimit", space.limit() == IommuInfo.UNLIMITED ? null : space.limit());
        all.put("pinnedBytes", space.bytes());
        List<Object> maps = new ArrayList<>();
        for (DrySpace.Mapping mapping : space.mappings()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("iova", hex(mapping.iova()));
            one.put("length", mapping.length());
            one.put("kind", mapping.kind().name());
            one.put("region", mapping.region());
            one.put("permissions", mapping.writable() ? "rw" : "r");
            one.put("refused", mapping.refusal().isEmpty() ? null : mapping.refusal());
            maps.add(one);
        }
        all.put("mappings", maps);
        List<Object> skipped = new ArrayList<>();
        for (DrySpace.Skipped part : space.skipped()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("address", hex(part.address()));
            one.put("length", part.length());
            one.put("region", part.region());
            one.put("reason", part.reason());
            skipped.add(one);
        }
        all.put("skipped", skipped);
        List<Object> holes = new ArrayList<>();
        for (ReservedRegion region : space.reserved()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("first", hex(region.first()));
            one.put("last", hex(region.last()));
            one.put("type", region.type());
            one.put("hit", Explanation.hit(space, region));
            holes.add(one);
        }
        all.put("reserved", holes);
        return all;
    }

    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
