package dev.veery.vfio;

import dev.veery.base.MachineLock;
import dev.veery.irq.SignalRoutes;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.memory.AddressSpace;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A host side that opens nothing: a machine made with its device type plans as it would with {@link VfioPciDevice}'s, takes the
 * same leases, and loads the same mappings into address spaces that only answer.
 */
public final class DryRun {
    /** Type 1's own limit where the module does not state another (drivers/vfio/vfio_iommu_type1.c). */
    private static final long DEFAULT_ENTRIES = 65_535;

    private final VfioHost host;
    private final Sysfs sysfs;
    private final long lockLimit;
    private final Locked locked = new Locked();
    private final List<DryDevice> devices = new ArrayList<>();
    private final List<DrySpace> spaces = new ArrayList<>();

    /** Bytes pinned so far, over all address spaces. */
    static final class Locked {
        long bytes;
    }

    /**
     * Reads nothing yet.
     *
     * @param iommufdIds the names of {@code -object iommufd}s
     * @param lockLimit how many bytes may be locked; {@link Long#MAX_VALUE} for no limit
     */
    public DryRun(Sysfs sysfs, Set<String> iommufdIds, long lockLimit) {
        host = new VfioHost(new MachineLock(), sysfs, iommufdIds, () -> {}, warning -> {});
        this.sysfs = sysfs;
        this.lockLimit = lockLimit;
    }

    /** The type that takes the place of {@link VfioPciDevice#type}, with the same name and properties. */
    public DeviceType type(AddressSpace memory) {
        return DeviceType.named(VfioPciDevice.NAME)
                .description("VFIO-based PCI device assignment, explained")
                .bus("PCI")
                .category(DeviceCategory.MISC)
                .hotpluggable()
                .properties(
                        VfioPciDevice.type(host, memory, SignalRoutes.none()).properties())
                .build(config -> {
                    HostPciDevice device = HostChoice.choose(config.properties(), host);
                    DryDevice made = new DryDevice(config, this, memory, device);
                    devices.add(made);
                    return made;
                });
    }

    /** The assigned devices, in the order given. */
    public List<DryDevice> devices() {
        return Collections.unmodifiableList(devices);
    }

    /** The address spaces, in the order in which they would be made. */
    public List<DrySpace> spaces() {
        return Collections.unmodifiableList(spaces);
    }

    /** As {@link VfioHost#attach} decides. */
    DrySpace spaceFor(DryDevice device, AddressSpace memory, List<String> obstacles) {
        String iommufd = device.iommufd();
        for (DrySpace space : spaces) {
            DryDevice first = space.devices().get(0);
            boolean sameGroup = first.hostDevice().group().orElseThrow().number()
                    == device.hostDevice().group().orElseThrow().number();
            if (sameGroup && !device.view().equals(first.view())) {
                obstacles.add(HostFailure.sharesGroup(
                                device.hostDevice(),
                                device.hostDevice().group().orElseThrow().number(),
                                first.hostDevice())
                        .getMessage());
                return space;
            }
            if (device.view().equals(first.view()) && Objects.equals(iommufd, first.iommufd())) {
                return space;
            }
        }
        long entries = iommufd != null
                ? IommuInfo.UNLIMITED
                : sysfs.moduleParameter("vfio_iommu_type1", "dma_entry_limit")
                        .filter(text -> text.matches("[0-9]{1,18}"))
                        .map(Long::parseLong)
                        .orElse(DEFAULT_ENTRIES);
        DrySpace made = new DrySpace(memory, locked, lockLimit, entries);
        spaces.add(made);
        return made;
    }
}
