package dev.veery.vfio;

import dev.veery.base.Bits;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.PciResource;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stands where a {@link VfioPciDevice} would, and takes the same way to its mappings, but opens nothing. */
public final class DryDevice extends PciDevice {
    /** Smallest base addresses (PCI 3.0, 6.2.5.1). */
    private static final long MIN_MEMORY = 16;

    private static final long MIN_PORTS = 4;

    private final DryRun run;
    private final AddressSpace memory;
    private final HostPciDevice hostDevice;
    private final List<String> obstacles = new ArrayList<>();
    private @Nullable DrySpace space;
    private boolean translated;
    private Object view = VfioHost.PHYSICAL;

    DryDevice(DeviceConfig config, DryRun run, AddressSpace memory, HostPciDevice hostDevice) {
        super(config, HostChoice.identity(hostDevice), PciRegs.EXPRESS_CONFIG_SIZE, 0);
        this.run = run;
        this.memory = memory;
        this.hostDevice = hostDevice;
        requestDma(DmaDomainLease.Purpose.MIRROR_MAPPINGS);
        addBars();
    }

    private void addBars() {
        for (PciResource resource : hostDevice.resources()) {
            long least = resource.io() ? MIN_PORTS : MIN_MEMORY;
            // Other sizes are the kernel's own additions, such as those of legacy IDE.
            if (Bits.isPowerOfTwo(resource.size()) && resource.size() >= least) {
                addBar(
                        resource.index(),
                        kind(resource),
                        MemoryRegion.container(hostDevice + " bar" + resource.index(), resource.size()));
            }
        }
    }

    private static PciBar.Kind kind(PciResource resource) {
        if (resource.index() == PciResource.ROM) {
            return PciBar.Kind.ROM;
        }
        if (resource.io()) {
            return PciBar.Kind.IO;
        }
        if (!resource.is64Bit()) {
            return PciBar.Kind.MEMORY32;
        }
        return resource.prefetchable() ? PciBar.Kind.MEMORY64_PREFETCHABLE : PciBar.Kind.MEMORY64;
    }

    /** The function of the host. */
    public HostPciDevice hostDevice() {
        return hostDevice;
    }

    /** Why it could not be given to the guest as things are; empty if it could. */
    public List<String> obstacles() {
        return List.copyOf(obstacles);
    }

    /** Where its mappings go; null if it is behind no IOMMU of the host. */
    public @Nullable DrySpace space() {
        return space;
    }

    /** Whether an IOMMU of the guest translates for it. */
    public boolean translated() {
        return translated;
    }

    /** Who sees memory as it does. */
    Object view() {
        return view;
    }

    /** Its place in the guest, as the plan of DMA domains has it: {@code pcie.0/03.0}. */
    public String requesterPath() {
        return String.format("%s/%02x.%x", pciBus().name(), devfn() >> 3, devfn() & 7);
    }

    /** The iommufd it would be attached by, or null for VFIO's containers. */
    public @Nullable String iommufd() {
        return HostChoice.iommufd(properties());
    }

    @Override
    protected void onRealize() {
        if (hostDevice.leadsToABus()) {
            obstacles.add("it is a bridge; name the devices behind it instead");
        }
        if (!hostDevice.boundToVfio()) {
            obstacles.add(HostFailure.notBound(hostDevice).getMessage());
        }
        if (hostDevice.group().isEmpty()) {
            obstacles.add(HostFailure.noIommu(hostDevice).getMessage());
        } else {
            IommuGroup group = hostDevice.group().get();
            boolean others = group.blockers().stream()
                    .anyMatch(member -> !member.address().equals(hostDevice.address()));
            if (others) {
                obstacles.add(HostFailure.notViable(hostDevice, group).getMessage());
            }
        }
    }

    @Override
    protected void onPciCommit() {
        DmaDomain domain = dma();
        translated = domain.translated();
        view = VfioPciDevice.view(this, domain);
        if (hostDevice.group().isEmpty()) {
            return;
        }
        DrySpace joined = run.spaceFor(this, memory, obstacles);
        space = joined;
        joined.join(this);
        domain.mirror(joined.guest());
    }
}
