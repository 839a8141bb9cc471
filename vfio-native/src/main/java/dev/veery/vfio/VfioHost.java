package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.dma.DmaDomain;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.iommufd.Iommufd;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.SysException;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.linux.vfio.VfioContainer;
import dev.veery.linux.vfio.VfioDevice;
import dev.veery.linux.vfio.VfioGroup;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemorySection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a machine has open of the host's VFIO: groups, containers, address spaces, and who shares them. Devices that see guest
 * physical memory share one; a device behind an IOMMU of the guest has its own, or one with those that the IOMMU cannot tell from it. All but the constructor and {@link #close} with
 * the machine lock held.
 */
public final class VfioHost implements AutoCloseable {
    private final MachineLock lock;
    private final Sysfs sysfs;
    private final Runnable beforeMapping;
    private final Consumer<String> warnings;
    private final Set<String> iommufdIds;
    private final Map<Integer, OpenGroup> groups = new HashMap<>();
    private final List<Domain> domains = new ArrayList<>();
    private final Map<String, Iommufd> iommufds = new HashMap<>();
    private final BusResets busResets;
    private @Nullable EventLoop events;

    /** Whether a device is just being added: then what cannot be mapped is an error, later a warning. */
    private boolean adding;

    /** The view of devices that see guest physical memory. */
    static final Object PHYSICAL = "guest physical memory";

    /** Groups of devices that iommufd serves: they share a view, though not a descriptor. */
    private final Map<Integer, List<Attachment>> iommufdGroups = new HashMap<>();

    /** An address space and those in it. */
    private static final class Domain {
        final HostSpace space;
        final GuestMappings mappings;
        final Object view;
        int users;

        Domain(HostSpace space, GuestMappings mappings, Object view) {
            this.space = space;
            this.mappings = mappings;
            this.view = view;
        }
    }

    private static final class OpenGroup {
        final VfioGroup group;
        final Domain domain;
        final HostPciDevice firstDevice;
        int users;

        OpenGroup(VfioGroup group, Domain domain, HostPciDevice firstDevice) {
            this.group = group;
            this.domain = domain;
            this.firstDevice = firstDevice;
        }
    }

    /** A device in use, with the mappings of its domain. */
    final class Attachment {
        private final VfioDevice device;
        private final Domain domain;
        private final int group;
        private final boolean byGroup;
        private final HostPciDevice hostDevice;
        private @Nullable Object owner;

        private Attachment(VfioDevice device, Domain domain, int group, boolean byGroup, HostPciDevice hostDevice) {
            this.device = device;
            this.domain = domain;
            this.group = group;
            this.byGroup = byGroup;
            this.hostDevice = hostDevice;
        }

        VfioDevice device() {
            return device;
        }

        GuestMappings mappings() {
            return domain.mappings;
        }

        /** Whether it was opened by its group, and not by iommufd. */
        boolean byGroup() {
            return byGroup;
        }

        void close() {
            leave(this);
        }
    }

    /**
     * Opens nothing yet.
     *
     * @param iommufdIds the names of {@code -object iommufd}s
     * @param beforeMapping runs before guest memory is mapped for a device for the first time, and pinned with that
     * @param warnings takes lines for the user
     */
    public VfioHost(
            MachineLock lock, Sysfs sysfs, Set<String> iommufdIds, Runnable beforeMapping, Consumer<String> warnings) {
        this.lock = lock;
        this.sysfs = sysfs;
        this.beforeMapping = beforeMapping;
        this.warnings = warnings;
        this.iommufdIds = new TreeSet<>(iommufdIds);
        busResets = new BusResets(sysfs, this::openGroup);
    }

    Sysfs sysfs() {
        return sysfs;
    }

    Consumer<String> warnings() {
        return warnings;
    }

    /** Calls {@code handler}, with the lock held, when {@code event} is signalled; a token for {@link #forget}. */
    int listen(EventFd event, Runnable handler) {
        EventLoop loop = events;
        if (loop == null) {
            loop = new EventLoop(lock, warnings);
            events = loop;
        }
        return loop.add(event, handler);
    }

    void forget(int token) {
        EventLoop loop = events;
        if (loop != null) {
            loop.remove(token);
        }
    }

    /** Fails unless there is an iommufd of that name. */
    void requireIommufd(String id) {
        if (!iommufdIds.contains(id)) {
            throw new ConfigException("there is no iommufd '" + id + "'; add -object iommufd,id=" + id);
        }
    }

    /**
     * Opens a device and puts it into an address space, which is still empty or holds what its domain maps.
     *
     * @param name the guest's device, as errors name it
     * @param view who sees memory as it does: {@link #PHYSICAL}, or whatever its mappings have in common with others'
     * @param iommufd the name of the iommufd to use, or null for VFIO's containers
     * @param descriptor what another program opened for us, the device's file with an iommufd, otherwise its group's; -1 if nothing
     */
    Attachment attach(
            HostPciDevice device,
            String name,
            Object view,
            AddressSpace memory,
            @Nullable String iommufd,
            int descriptor) {
        IommuGroup group = device.group().orElseThrow(() -> HostFailure.noIommu(device));
        if (!group.blockers().isEmpty()) {
            throw HostFailure.notViable(device, group);
        }
        if (iommufd != null) {
            return attachIommufd(device, group.number(), name, view, memory, iommufd, descriptor);
        }
        OpenGroup open = groups.get(group.number());
        if (open != null && !open.domain.view.equals(view)) {
            throw HostFailure.sharesGroup(device, group.number(), open.firstDevice);
        }
        if (open == null) {
            open = openGroup(device, group, name, view, memory, descriptor);
            groups.put(group.number(), open);
        }
        open.users++;
        open.domain.users++;
        try {
            return new Attachment(open.group.device(device.toString()), open.domain, group.number(), true, device);
        } catch (SysException e) {
            leaveGroup(group.number());
            throw HostFailure.attach(device, e);
        }
    }

    private @Nullable VfioGroup openGroup(int number) {
        OpenGroup open = groups.get(number);
        return open == null ? null : open.group;
    }

    /** Resets of several devices at once. */
    BusResets busResets() {
        return busResets;
    }

    // ---- containers

    private OpenGroup openGroup(
            HostPciDevice device, IommuGroup group, String name, Object view, AddressSpace memory, int descriptor) {
        String file = "/dev/vfio/" + group.number();
        VfioGroup opened;
        try {
            opened =
                    descriptor < 0 ? VfioGroup.open(Integer.toString(group.number())) : VfioGroup.inherited(descriptor);
        } catch (SysException e) {
            throw HostFailure.open(device, file, e);
        }
        try {
            if (!opened.viable()) {
                throw HostFailure.notViable(device, group);
            }
            Domain domain = sharedContainer(opened, view);
            if (domain == null) {
                domain = newContainer(device, opened, name, view, memory);
            }
            return new OpenGroup(opened, domain, device);
        } catch (ConfigException | SysException e) {
            opened.close();
            throw e;
        }
    }

    /** A container with that view that takes the group, if there is one. */
    private @Nullable Domain sharedContainer(VfioGroup group, Object view) {
        for (Domain domain : domains) {
            if (domain.view.equals(view) && domain.space instanceof ContainerSpace) {
                try {
                    group.setContainer(((ContainerSpace) domain.space).container());
                    return domain;
                } catch (SysException e) {
                    // Its IOMMU differs from that of the others: it gets a container of its own.
                    continue;
                }
            }
        }
        return null;
    }

    private Domain newContainer(HostPciDevice device, VfioGroup group, String name, Object view, AddressSpace memory) {
        VfioContainer container;
        try {
            container = VfioContainer.open();
        } catch (SysException e) {
            throw HostFailure.open(device, VfioContainer.PATH, e);
        }
        try {
            int version = container.apiVersion();
            if (version != Vfio.VFIO_API_VERSION || !container.has(Vfio.VFIO_TYPE1v2_IOMMU)) {
                throw new ConfigException("the host's VFIO (version " + version
                        + ") has no type 1 IOMMU; load it with 'modprobe vfio_iommu_type1'");
            }
            group.setContainer(container);
            container.setIommu(Vfio.VFIO_TYPE1v2_IOMMU);
            return newDomain(new ContainerSpace(container), name, view, memory);
        } catch (SysException e) {
            container.close();
            throw HostFailure.attach(device, e);
        } catch (ConfigException e) {
            container.close();
            throw e;
        }
    }

    private Domain newDomain(HostSpace space, String name, Object view, AddressSpace memory) {
        beforeMapping.run();
        MappingLedger ledger = new MappingLedger(space);
        Reporter reporter = new Reporter(name, memory, ledger, !view.equals(PHYSICAL));
        Domain domain = new Domain(space, new GuestMappings(memory, ledger, reporter), view);
        domains.add(domain);
        return domain;
    }

    // ---- iommufd

    private Attachment attachIommufd(
            HostPciDevice device, int group, String name, Object view, AddressSpace memory, String id, int descriptor) {
        for (Attachment other : iommufdGroups.getOrDefault(group, List.of())) {
            if (!other.domain.view.equals(view)) {
                throw HostFailure.sharesGroup(device, group, other.hostDevice);
            }
        }
        Iommufd iommufd = iommufds.get(id);
        if (iommufd == null) {
            try {
                iommufd = Iommufd.open();
            } catch (SysException e) {
                throw new ConfigException("iommufd '" + id + "': " + e.getMessage()
                        + "; it needs Linux 6.6 or later with CONFIG_IOMMUFD: leave iommufd= out to do without");
            }
            iommufds.put(id, iommufd);
        }
        String file = device.vfioDevice()
                .orElseThrow(
                        () -> new ConfigException(
                                "host device " + device
                                        + " has no file of its own: the kernel lacks CONFIG_VFIO_DEVICE_CDEV; leave iommufd= out to do without"));
        VfioDevice opened;
        try {
            opened = descriptor < 0 ? VfioDevice.open("/dev/vfio/devices/" + file) : VfioDevice.inherited(descriptor);
        } catch (SysException e) {
            throw HostFailure.open(device, "/dev/vfio/devices/" + file, e);
        }
        try {
            opened.bind(iommufd.fd());
            Domain domain = sharedSpace(iommufd, view);
            if (domain == null) {
                domain = newDomain(new IoasSpace(iommufd), name, view, memory);
            }
            domain.users++;
            try {
                opened.attach(((IoasSpace) domain.space).id());
            } catch (SysException e) {
                leaveDomain(domain);
                throw e;
            }
            Attachment made = new Attachment(opened, domain, group, false, device);
            iommufdGroups.computeIfAbsent(group, none -> new ArrayList<>()).add(made);
            return made;
        } catch (SysException e) {
            opened.close();
            throw HostFailure.attach(device, e);
        }
    }

    private @Nullable Domain sharedSpace(Iommufd iommufd, Object view) {
        for (Domain domain : domains) {
            boolean same = domain.space instanceof IoasSpace && ((IoasSpace) domain.space).iommufd() == iommufd;
            if (same && domain.view.equals(view)) {
                return domain;
            }
        }
        return null;
    }

    // ---- the end

    private void leave(Attachment attachment) {
        Object owner = attachment.owner;
        if (owner != null) {
            attachment.mappings().leave(owner);
        }
        if (!attachment.byGroup) {
            iommufdGroups.getOrDefault(attachment.group, new ArrayList<>()).remove(attachment);
            if (attachment.domain.users == 1) {
                attachment.domain.mappings.close();
            }
            attachment.device.close();
            leaveDomain(attachment.domain);
        } else {
            if (attachment.domain.users == 1) {
                attachment.domain.mappings.close();
            }
            attachment.device.close();
            leaveGroup(attachment.group);
        }
    }

    private void leaveGroup(int number) {
        OpenGroup open = groups.get(number);
        if (open == null) {
            return;
        }
        open.users--;
        if (open.users == 0) {
            groups.remove(number);
            if (open.domain.users == 1) {
                // The group takes its container along: what is mapped must be gone before.
                open.domain.mappings.close();
            }
            open.group.close();
        }
        leaveDomain(open.domain);
    }

    private void leaveDomain(Domain domain) {
        domain.users--;
        if (domain.users == 0) {
            domains.remove(domain);
            domain.mappings.close();
            domain.space.close();
        }
    }

    /**
     * Has the mappings of a domain follow what the guest maps.
     *
     * @param owner the guest's device, which owns the windows of its registers
     * @throws ConfigException if what it maps now is refused
     */
    void mirror(Attachment attachment, DmaDomain domain, Object owner) {
        adding = true;
        try {
            attachment.owner = owner;
            attachment.mappings().join(owner);
            domain.mirror(attachment.mappings());
        } finally {
            adding = false;
        }
    }

    /** What the host's IOMMUs hold for this machine now: mappings and bytes, over all address spaces. */
    public Totals totals() {
        long count = 0;
        long bytes = 0;
        long failed = 0;
        for (Domain domain : domains) {
            count += domain.mappings.ledger().count();
            bytes += domain.mappings.ledger().bytes();
            failed += domain.mappings.failed();
        }
        return new Totals(domains.size(), count, bytes, failed);
    }

    /** Whether the kernel counts as many mappings in each address space as we do. */
    boolean agrees() {
        return domains.stream().allMatch(domain -> domain.mappings.ledger().agrees());
    }

    /**
     * Sums over the address spaces.
     *
     * @param spaces how many there are
     * @param mappings how many mappings they hold
     * @param bytes how much memory those pin, once for each mapping
     * @param failed how many changes the host refused
     */
    public record Totals(int spaces, long mappings, long bytes, long failed) {}

    /** Ends the thread and closes what is shared; the devices are gone. Without the machine lock. */
    @Override
    public void close() {
        EventLoop loop = events;
        if (loop != null) {
            loop.close();
        }
        iommufds.values().forEach(Iommufd::close);
    }

    /** Says what could not be mapped: an error while the machine is built, later a warning, and not one for each page. */
    private final class Reporter implements GuestMappings.Failures {
        private final String name;
        private final AddressSpace memory;
        private final MappingLedger ledger;
        private final boolean translated;
        private long count;
        private boolean saidPeer;

        Reporter(String name, AddressSpace memory, MappingLedger ledger, boolean translated) {
            this.name = name;
            this.memory = memory;
            this.ledger = ledger;
            this.translated = translated;
        }

        /** What must be pinned: while the machine is built all memory, though the first piece may be refused already. */
        private long needed(long size) {
            if (!adding) {
                return ledger.bytes() + size;
            }
            return memory.view().sections().stream()
                    .filter(MemorySection::ram)
                    .mapToLong(MemorySection::size)
                    .sum();
        }

        @Override
        public void failed(long iova, long size, int error) {
            String reason = HostFailure.mapping(error, needed(size), ledger);
            if (adding) {
                throw new ConfigException(String.format(
                        "guest memory at %x (%d KiB) cannot be made reachable: %s", iova, size >>> 10, reason));
            }
            count++;
            if (Long.bitCount(count) == 1) {
                warnings.accept(String.format(
                        "device %s: %s at %x (%d KiB) is out of its reach: %s%s",
                        name,
                        translated ? "what the guest mapped" : "guest memory",
                        iova,
                        size >>> 10,
                        reason,
                        count == 1 ? "" : " (" + count + " times so far)"));
            }
        }

        @Override
        public void peerFailed(Object peer, long iova, long size, int error) {
            if (!saidPeer) {
                saidPeer = true;
                warnings.accept(String.format(
                        "device %s: registers of device %s at %x (%d KiB) are out of its reach, all else works: %s",
                        name, peer, iova, size >>> 10, Errno.describe(-error)));
            }
        }
    }
}
