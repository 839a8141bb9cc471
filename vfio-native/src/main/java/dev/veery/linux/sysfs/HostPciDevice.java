package dev.veery.linux.sysfs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A PCI function of the host. Each method reads its files anew; nothing is kept. */
public final class HostPciDevice {
    /** VFIO's driver; its variants have names of their own and show a {@code vfio-dev} directory instead. */
    public static final String VFIO_DRIVER = "vfio-pci";

    private static final int CONFIG_LIMIT = 4096;
    private static final int CLASS_BRIDGE = 0x06;
    private static final int CLASS_PCI_BRIDGE = 0x0604;
    private static final int BARS_AND_ROM = 7;

    private final Sysfs sysfs;
    private final PciAddress address;
    private final Path directory;

    HostPciDevice(Sysfs sysfs, PciAddress address, Path directory) {
        this.sysfs = sysfs;
        this.address = address;
        this.directory = directory;
    }

    /** Where it sits. */
    public PciAddress address() {
        return address;
    }

    /** Its directory, without links. */
    public Path directory() {
        return directory;
    }

    /** 16 bits. */
    public int vendorId() {
        return id("vendor", 16);
    }

    /** 16 bits. */
    public int deviceId() {
        return id("device", 16);
    }

    /** 16 bits, 0 for a bridge. */
    public int subsystemVendorId() {
        return id("subsystem_vendor", 16);
    }

    /** 16 bits, 0 for a bridge. */
    public int subsystemId() {
        return id("subsystem_device", 16);
    }

    /** Class, subclass and programming interface: 24 bits. */
    public int classCode() {
        return id("class", 24);
    }

    private int id(String name, int bits) {
        Path file = directory.resolve(name);
        Long value = sysfs.number(file);
        if (value == null) {
            throw Sysfs.malformed(file, "it is missing");
        }
        if (value >>> bits != 0) {
            throw Sysfs.malformed(file, "0x" + Long.toHexString(value) + " has more than " + bits + " bits");
        }
        return value.intValue();
    }

    /** The driver it is bound to. */
    public Optional<String> driver() {
        return Optional.ofNullable(sysfs.linkName(directory.resolve("driver")));
    }

    /** The one driver it may be bound to, if that was set. */
    public Optional<String> driverOverride() {
        String text = sysfs.text(directory.resolve("driver_override"));
        return text == null || text.isEmpty() || text.equals("(null)") ? Optional.empty() : Optional.of(text);
    }

    /** Whether VFIO has it: {@code vfio-pci} or one of its variants for certain devices. */
    public boolean boundToVfio() {
        return driver().filter(VFIO_DRIVER::equals).isPresent()
                || Files.isDirectory(directory.resolve("vfio-dev"))
                || driver().filter(name -> name.endsWith("vfio-pci") || name.endsWith("_vfio_pci"))
                        .isPresent();
    }

    /**
     * Whether its group can be given away with it as it is: bound to VFIO, to nothing, or a bridge or stub whose driver does
     * no DMA (drivers/vfio/vfio.c allows {@code pci-stub} and {@code pcieport}).
     */
    public boolean letsItsGroupGo() {
        Optional<String> driver = driver();
        return driver.isEmpty()
                || boundToVfio()
                || driver.get().equals("pci-stub")
                || driver.get().equals("pcieport");
    }

    /** Its IOMMU group; empty if the host has no IOMMU, or this function is not behind one. */
    public Optional<IommuGroup> group() {
        Path link = directory.resolve("iommu_group");
        String name = sysfs.linkName(link);
        if (name == null) {
            return Optional.empty();
        }
        if (!name.matches("[0-9]{1,9}")) {
            throw Sysfs.malformed(link, "'" + Sysfs.abbreviated(name) + "' is not the number of a group");
        }
        return Optional.of(sysfs.group(Integer.parseInt(name)));
    }

    /** The name of the file below {@code /dev/vfio/devices} by which iommufd takes it, if its kernel has one. */
    public Optional<String> vfioDevice() {
        List<String> names = sysfs.list(directory.resolve("vfio-dev"));
        return names.isEmpty() ? Optional.empty() : Optional.of(names.get(0));
    }

    /**
     * How wide the host IOMMU's addresses are for this function, in bits, as far as sysfs says so: Intel's units do
     * (VT-d 11.4.2 CAP_REG: MGAW and SAGAW); others are asked when the device is opened.
     */
    public OptionalInt iommuAddressBits() {
        String cap =
                sysfs.text(directory.resolve("iommu").resolve("intel-iommu").resolve("cap"));
        if (cap == null || cap.isEmpty()) {
            return OptionalInt.empty();
        }
        long value = sysfs.number(directory.resolve("iommu/intel-iommu/cap"), cap.startsWith("0x") ? cap : "0x" + cap);
        int maximum = (int) (value >>> 16 & 0x3f) + 1;
        int tables = (value & 1 << 11) != 0 ? 57 : (value & 1 << 10) != 0 ? 48 : 39;
        return OptionalInt.of(Math.min(maximum, tables));
    }

    /**
     * BARs and ROM that it has, by index.
     *
     * @throws dev.veery.base.ConfigException if the file makes no sense
     */
    public List<PciResource> resources() {
        Path file = directory.resolve("resource");
        String text = sysfs.text(file);
        List<PciResource> found = new ArrayList<>();
        if (text == null) {
            return found;
        }
        String[] lines = text.split("\n");
        for (int n = 0; n < Math.min(lines.length, BARS_AND_ROM); n++) {
            String[] parts = lines[n].strip().split("\\s+");
            if (parts.length != 3) {
                throw Sysfs.malformed(file, "'" + Sysfs.abbreviated(lines[n]) + "' is not start, end and flags");
            }
            long start = sysfs.number(file, parts[0]);
            long end = sysfs.number(file, parts[1]);
            long flags = sysfs.number(file, parts[2]);
            if (flags != 0) {
                if (Long.compareUnsigned(end, start) < 0) {
                    throw Sysfs.malformed(file, "'" + Sysfs.abbreviated(lines[n]) + "' ends before it begins");
                }
                found.add(new PciResource(n, start, end - start + 1, flags));
            }
        }
        return found;
    }

    /** Whether the kernel offers its expansion ROM. */
    public boolean hasRom() {
        return Files.exists(directory.resolve("rom"));
    }

    /** Whether firmware used it as the display. */
    public boolean bootDisplay() {
        Long value = sysfs.number(directory.resolve("boot_vga"));
        return value != null && value == 1;
    }

    /**
     * How the kernel would reset it, the first choice first: {@code device_specific}, {@code acpi}, {@code flr},
     * {@code af_flr}, {@code pm}, {@code bus}, {@code cxl_bus}. Empty if it cannot, or if the kernel is too old (before 5.15)
     * to say how; {@link #resettable} tells.
     */
    public List<String> resetMethods() {
        String text = sysfs.text(directory.resolve("reset_method"));
        return text == null || text.isEmpty() ? List.of() : List.of(text.split("\\s+"));
    }

    /** Whether the kernel can reset it alone. */
    public boolean resettable() {
        return Files.exists(directory.resolve("reset")) || !resetMethods().isEmpty();
    }

    /** {@code D0}, {@code D1}, {@code D2}, {@code D3hot}, {@code D3cold}, {@code unknown}, {@code error}. */
    public Optional<String> powerState() {
        return Optional.ofNullable(sysfs.text(directory.resolve("power_state")));
    }

    /** The NUMA node it is nearest to. */
    public OptionalInt numaNode() {
        Long node = sysfs.number(directory.resolve("numa_node"));
        return node == null || node < 0 ? OptionalInt.empty() : OptionalInt.of(node.intValue());
    }

    /** The legacy interrupt it has in the host, or 0. */
    public int interrupt() {
        Long irq = sysfs.number(directory.resolve("irq"));
        return irq == null || irq < 0 ? 0 : irq.intValue();
    }

    /** The physical function of which this is a virtual one. */
    public Optional<PciAddress> physicalFunction() {
        String name = sysfs.linkName(directory.resolve("physfn"));
        return name != null && PciAddress.isName(name) ? Optional.of(PciAddress.parse(name)) : Optional.empty();
    }

    /** Whether it is a bridge of any kind. */
    public boolean isBridge() {
        return classCode() >>> 16 == CLASS_BRIDGE;
    }

    /** Whether it leads to another PCI bus: a port or a PCI-to-PCI bridge. */
    public boolean leadsToABus() {
        return classCode() >>> 8 == CLASS_PCI_BRIDGE;
    }

    /** Whether it is a PCI Express function, as opposed to a conventional one. */
    public boolean isExpress() {
        // The kernel shows link attributes for PCI Express functions only; capabilities would be for root only.
        return Files.exists(directory.resolve("max_link_width"));
    }

    /** The bridges above it, the one nearest to the root complex first. */
    public List<HostPciDevice> bridges() {
        List<HostPciDevice> bridges = new ArrayList<>();
        @Nullable Path parent = directory.getParent();
        while (parent != null && parent.getFileName() != null) {
            String name = parent.getFileName().toString();
            if (!PciAddress.isName(name)) {
                break;
            }
            bridges.add(0, new HostPciDevice(sysfs, PciAddress.parse(name), parent));
            parent = parent.getParent();
        }
        return bridges;
    }

    /** Other functions below the same bus, which a reset of that bus takes along; sorted by address. */
    public List<HostPciDevice> busNeighbours() {
        Path bus = directory.getParent();
        List<HostPciDevice> neighbours = new ArrayList<>();
        if (bus != null) {
            collect(bus, neighbours, 0);
        }
        neighbours.sort((a, b) -> a.address().compareTo(b.address()));
        return neighbours;
    }

    /** A tree deeper than buses can be nested is not followed. */
    private void collect(Path bus, List<HostPciDevice> into, int depth) {
        if (depth == 256) {
            throw Sysfs.malformed(bus, "buses are nested too deeply");
        }
        for (String name : sysfs.list(bus)) {
            Path below = bus.resolve(name);
            if (PciAddress.isName(name) && !Files.isSymbolicLink(below) && !below.equals(directory)) {
                into.add(new HostPciDevice(sysfs, PciAddress.parse(name), below));
                collect(below, into, depth + 1);
            }
        }
    }

    /** Other functions of the same slot, sorted by address. */
    public List<HostPciDevice> otherFunctions() {
        return busNeighbours().stream()
                .filter(other -> other.address().domain() == address.domain()
                        && other.address().bus() == address.bus()
                        && other.address().slot() == address.slot())
                .toList();
    }

    /**
     * Configuration space as far as we may read it: 64 bytes, or 256 or 4096 for root. Empty if it cannot be read, as when
     * the device is off.
     */
    public byte[] config() {
        byte[] bytes = sysfs.bytes(directory.resolve("config"), CONFIG_LIMIT);
        return bytes == null ? new byte[0] : bytes;
    }

    /** A text attribute that has no method of its own. */
    public Optional<String> attribute(String name) {
        if (name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(name);
        }
        return Optional.ofNullable(sysfs.text(directory.resolve(name)));
    }

    /** The address. */
    @Override
    public String toString() {
        return address.toString();
    }
}
