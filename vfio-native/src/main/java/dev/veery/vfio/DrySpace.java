package dev.veery.vfio;

import dev.veery.dma.TranslationUnit;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.ReservedRegion;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.MemorySection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * An address space of a host's IOMMU that does not exist: what {@link GuestMappings} and its ledger load into it is answered as
 * the kernel would, from what sysfs says, and noted.
 */
public final class DrySpace implements HostSpace {
    /** The smallest page of every IOMMU of a PC. */
    private static final long PAGE = 4096;

    private final AddressSpace memory;
    private final long entryLimit;
    private final long lockLimit;
    private final DryRun.Locked locked;
    private final List<DryDevice> devices = new ArrayList<>();
    private final List<ReservedRegion> reserved = new ArrayList<>();
    private final List<Mapping> mappings = new ArrayList<>();
    private int addressBits = Long.SIZE;
    private final GuestMappings guest;

    /** What a mapping leads to. */
    public enum Kind {
        /** Memory that the guest writes. */
        RAM,
        /** Memory that the guest only reads. */
        ROM
    }

    /**
     * One attempt to map.
     *
     * @param iova the device's address
     * @param length bytes
     * @param kind what is there
     * @param region its name in the guest
     * @param writable whether the device may write
     * @param refusal empty, or why the host would refuse it
     */
    public record Mapping(long iova, long length, Kind kind, String region, boolean writable, String refusal) {}

    /**
     * A part of guest physical memory that is not mapped.
     *
     * @param address its first byte
     * @param length bytes
     * @param region its name
     * @param reason why not
     */
    public record Skipped(long address, long length, String region, String reason) {}

    DrySpace(AddressSpace memory, DryRun.Locked locked, long lockLimit, long entryLimit) {
        this.memory = memory;
        this.locked = locked;
        this.lockLimit = lockLimit;
        this.entryLimit = entryLimit;
        // Refusals are noted where they are made.
        guest = new GuestMappings(memory, new MappingLedger(this), (iova, size, error) -> {});
    }

    /** A device joins, before anything is mapped for it; the narrowest address width and all holes count. */
    void join(DryDevice device) {
        devices.add(device);
        device.hostDevice()
                .group()
                .map(IommuGroup::reservedRegions)
                .ifPresent(regions -> regions.stream()
                        .filter(region -> !reserved.contains(region))
                        .forEach(reserved::add));
        OptionalInt bits = device.hostDevice().iommuAddressBits();
        if (bits.isPresent()) {
            addressBits = Math.min(addressBits, bits.getAsInt());
        }
    }

    GuestMappings guest() {
        return guest;
    }

    /** Who is in it. */
    public List<DryDevice> devices() {
        return Collections.unmodifiableList(devices);
    }

    /** What would be mapped, in ascending order, and what would be refused. */
    public List<Mapping> mappings() {
        return mappings.stream()
                .sorted((a, b) -> Long.compareUnsigned(a.iova(), b.iova()))
                .toList();
    }

    /** How many mappings the host would hold. */
    public long count() {
        return guest.ledger().count();
    }

    /** How many it may hold; {@link IommuInfo#UNLIMITED} if there is no limit. */
    public long limit() {
        return entryLimit;
    }

    /** How many bytes would be pinned. */
    public long bytes() {
        return guest.ledger().bytes();
    }

    /** How wide its addresses are, in bits; 64 if sysfs does not say. */
    public int addressBits() {
        return addressBits;
    }

    /** Where nothing can be mapped. */
    public List<ReservedRegion> reserved() {
        return Collections.unmodifiableList(reserved);
    }

    /** What of guest physical memory is not RAM, and therefore not mapped. */
    public List<Skipped> skipped() {
        List<Skipped> found = new ArrayList<>();
        FlatView view = memory.view();
        for (MemorySection section : view.sections()) {
            if (!section.ram()) {
                found.add(new Skipped(
                        section.start(), section.size(), section.region().name(), "registers of an emulated device"));
            } else if ((section.start() | section.size()) % PAGE != 0) {
                found.add(new Skipped(
                        section.start(),
                        section.size(),
                        section.region().name(),
                        "the parts beside whole pages of 4 KiB"));
            }
        }
        return found;
    }

    @Override
    public int map(long iova, long host, long size, int access) {
        int result = 0;
        String refusal = refusal(iova, size);
        if (!refusal.isEmpty()) {
            result = -Errno.EINVAL;
        } else if (size > lockLimit - locked.bytes) {
            refusal =
                    "it would exceed the limit on locked memory; raise that with 'ulimit -l' or LimitMEMLOCK= of systemd";
            result = -Errno.ENOMEM;
        } else {
            locked.bytes += size;
        }
        boolean writable = (access & TranslationUnit.WRITE) != 0;
        int section = memory.view().find(iova);
        String region = section < 0 ? "" : memory.view().region(section).name();
        mappings.add(new Mapping(iova, size, writable ? Kind.RAM : Kind.ROM, region, writable, refusal));
        return result;
    }

    private String refusal(long iova, long size) {
        long last = iova + size - 1;
        if (addressBits < Long.SIZE && last >>> addressBits != 0) {
            return "it ends beyond the " + addressBits + " bits of the host's IOMMU";
        }
        for (ReservedRegion region : reserved) {
            if (!region.relaxable() && region.overlaps(iova, size)) {
                return String.format(
                        "the host reserves %s-%s (%s)",
                        Long.toHexString(region.first()), Long.toHexString(region.last()), region.type());
            }
        }
        return "";
    }

    @Override
    public int unmap(long iova, long size) {
        mappings.removeIf(mapping -> mapping.iova() == iova);
        locked.bytes -= size;
        return 0;
    }

    @Override
    public IommuInfo info() {
        return new IommuInfo(PAGE, List.of(), entryLimit);
    }

    @Override
    public void close() {}
}
