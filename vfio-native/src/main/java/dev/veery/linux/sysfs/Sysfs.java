package dev.veery.linux.sysfs;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A sysfs tree: the live one, or a copy of one. */
public final class Sysfs {
    /** The most that is read of a text file; the kernel's attributes are at most a page. */
    private static final int TEXT_LIMIT = 4096;

    /** The most that is read of a directory. Real machines have hundreds of PCI functions, some thousands of virtual ones. */
    private static final int ENTRY_LIMIT = 65_536;

    private static final Path LIVE = Path.of("/sys");
    private static final Path PCI_DEVICES = Path.of("bus/pci/devices");
    private static final Path GROUPS = Path.of("kernel/iommu_groups");

    private static final String VFIO_DEVICES = "class/vfio-dev";

    private final Path root;

    private Sysfs(Path root) {
        this.root = root;
    }

    /** The running kernel's. */
    public static Sysfs live() {
        return new Sysfs(LIVE);
    }

    /**
     * A copy, or the live one.
     *
     * @param root the directory that stands for {@code /sys}
     * @throws ConfigException if there are no PCI devices below it
     */
    public static Sysfs at(Path root) {
        try {
            Path real = root.toRealPath();
            if (Files.isDirectory(real.resolve(PCI_DEVICES))) {
                return new Sysfs(real);
            }
        } catch (IOException e) {
            throw new ConfigException("cannot read the sysfs tree '" + root + "': " + reason(e));
        }
        throw new ConfigException("'" + root + "' is not a copy of /sys: it has no " + PCI_DEVICES);
    }

    /** The directory that stands for {@code /sys}. */
    public Path root() {
        return root;
    }

    /** Whether this is the running kernel's. */
    public boolean isLive() {
        return root.equals(LIVE);
    }

    /** All PCI functions, sorted by address. */
    public List<HostPciDevice> devices() {
        List<HostPciDevice> found = new ArrayList<>();
        for (String name : list(root.resolve(PCI_DEVICES))) {
            if (!PciAddress.isName(name)) {
                throw malformed(root.resolve(PCI_DEVICES).resolve(name), "this is not the address of a PCI device");
            }
            found.add(device(PciAddress.parse(name)));
        }
        found.sort((a, b) -> a.address().compareTo(b.address()));
        return found;
    }

    /**
     * One function.
     *
     * @throws ConfigException if there is none at that address
     */
    public HostPciDevice device(PciAddress address) {
        Path link = root.resolve(PCI_DEVICES).resolve(address.toString());
        if (!Files.exists(link)) {
            throw new ConfigException("the host has no PCI device " + address + "; 'lspci -D' lists those it has");
        }
        return new HostPciDevice(this, address, real(link));
    }

    /**
     * The function that a path names, as {@code sysfsdev=} gives it: {@code /sys/bus/pci/devices/0000:03:00.0} or any other
     * directory that ends in a PCI address.
     *
     * @throws ConfigException if there is none
     */
    public HostPciDevice device(Path path) {
        Path name = path.normalize().getFileName();
        if (name == null || !PciAddress.isName(name.toString())) {
            throw new ConfigException(
                    "'" + path + "' is not a PCI device; it looks like /sys/bus/pci/devices/0000:03:00.0");
        }
        return device(PciAddress.parse(name.toString()));
    }

    /**
     * The function behind a file of VFIO's.
     *
     * @param name below {@code /dev/vfio/devices}, as {@code vfio0}
     * @throws ConfigException if there is none
     */
    public HostPciDevice vfioDevice(String name) {
        String device = linkName(root.resolve(VFIO_DEVICES).resolve(name).resolve("device"));
        if (device == null || !PciAddress.isName(device)) {
            throw new ConfigException("there is no PCI device behind '" + abbreviated(name) + "'");
        }
        return device(PciAddress.parse(device));
    }

    /** Whether the kernel drives an IOMMU: without one there are no groups. */
    public boolean hasIommu() {
        return !list(root.resolve(GROUPS)).isEmpty();
    }

    /**
     * A group.
     *
     * @param number as the kernel numbers it
     * @throws ConfigException if there is none
     */
    public IommuGroup group(int number) {
        Path directory = root.resolve(GROUPS).resolve(Integer.toString(number));
        if (!Files.isDirectory(directory)) {
            throw new ConfigException("the host has no IOMMU group " + number);
        }
        return new IommuGroup(this, number, real(directory));
    }

    /** A parameter of a module, or empty if it is not loaded, has no such parameter or does not show it. */
    public Optional<String> moduleParameter(String module, String parameter) {
        return Optional.ofNullable(text(
                root.resolve("module").resolve(module).resolve("parameters").resolve(parameter)));
    }

    /** Whether a PCI driver is registered. */
    public boolean hasDriver(String name) {
        return Files.isDirectory(root.resolve("bus/pci/drivers").resolve(name));
    }

    // What the classes of this package read with.

    /** The text of an attribute without its line end, or null if there is none or it is not for us to read. */
    @Nullable
    String text(Path file) {
        byte[] bytes = bytes(file, TEXT_LIMIT);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8).strip();
    }

    /** Up to {@code limit} bytes; null if there is no such file, or it is not for us to read. */
    byte @Nullable [] bytes(Path file, int limit) {
        // A device in a low-power state, or one that left meanwhile, answers with an error: as if it were not there.
        try (InputStream in = Files.newInputStream(real(file))) {
            return in.readNBytes(limit);
        } catch (IOException e) {
            return null;
        }
    }

    /** An unsigned number, {@code 0x} for hexadecimal; null if the attribute is absent. */
    @Nullable
    Long number(Path file) {
        String text = text(file);
        if (text == null || text.isEmpty()) {
            return null;
        }
        return number(file, text);
    }

    Long number(Path file, String text) {
        try {
            return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw malformed(file, "'" + abbreviated(text) + "' is not a number");
        }
    }

    /** The names in a directory, sorted; none if there is no such directory. */
    List<String> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            List<String> names = new ArrayList<>();
            for (Path entry : (Iterable<Path>) entries.limit(ENTRY_LIMIT + 1L)::iterator) {
                names.add(String.valueOf(entry.getFileName()));
            }
            if (names.size() > ENTRY_LIMIT) {
                throw malformed(directory, "it has more than " + ENTRY_LIMIT + " entries");
            }
            names.sort(null);
            return names;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw malformed(directory, reason(e));
        }
    }

    /** The last part of what a link points at; null if there is no such link. */
    @Nullable
    String linkName(Path link) {
        if (!Files.isSymbolicLink(link)) {
            return null;
        }
        try {
            return String.valueOf(Files.readSymbolicLink(link).getFileName());
        } catch (IOException e) {
            return null;
        }
    }

    /** Without links; a path that does not exist stays as it is. */
    Path real(Path path) {
        Path real;
        try {
            real = path.toRealPath();
        } catch (NoSuchFileException e) {
            return path;
        } catch (IOException e) {
            throw malformed(path, reason(e));
        }
        if (!real.startsWith(root)) {
            throw malformed(path, "it leads out of the tree, to " + real);
        }
        return real;
    }

    static ConfigException malformed(Path file, String what) {
        return new ConfigException("the sysfs tree makes no sense: " + file + ": " + what);
    }

    /** A text of unknown origin, fit for one line. */
    static String abbreviated(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= 60 ? line : line.substring(0, 57) + "...";
    }

    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "no permission";
        }
        return String.valueOf(e.getMessage());
    }
}
