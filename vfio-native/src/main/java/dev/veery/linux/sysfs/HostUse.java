package dev.veery.linux.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the host would miss if a device were taken from it: mounted file systems, swap space, the default route. Read from
 * {@code mountinfo}, {@code swaps}, {@code net/route} and {@code net/ipv6_route} of {@code /proc} (proc(5)).
 */
public final class HostUse {
    /** Stacked block devices and interfaces are followed no deeper: a tree that points at itself ends here. */
    private static final int MAX_DEPTH = 16;

    private static final int ROUTE_UP = 1;
    private static final int ROUTE_REJECT = 0x200;

    private final Sysfs sysfs;
    private final Path proc;

    /**
     * Reads nothing yet.
     *
     * @param proc the directory that stands for {@code /proc}; what it lacks is taken as unused
     */
    public HostUse(Sysfs sysfs, Path proc) {
        this.sysfs = sysfs;
        this.proc = proc;
    }

    /** Why the host needs {@code device}, each a phrase such as {@code it holds /, mounted from /dev/sda2}; empty if it does not. */
    public List<String> of(HostPciDevice device) {
        Set<String> reasons = new LinkedHashSet<>();
        for (String line : lines("self/mountinfo")) {
            mount(line, device, reasons);
        }
        for (String line : lines("swaps")) {
            String[] words = line.split("\\s+");
            if (words[0].startsWith("/dev/")
                    && blockDevices(blockName(words[0]), 0).contains(device.address())) {
                reasons.add("it holds swap space, " + words[0]);
            }
        }
        for (String name : defaultInterfaces()) {
            if (networkDevices(name, 0).contains(device.address())) {
                reasons.add("it carries the default route, by " + name);
            }
        }
        return List.copyOf(reasons);
    }

    /** proc(5): id, parent, major:minor, root, mount point, options, optional fields, "-", type, source, more options. */
    private void mount(String line, HostPciDevice device, Set<String> reasons) {
        String[] words = line.split(" ");
        int dash = List.of(words).indexOf("-");
        if (dash < 6 || words.length < dash + 3) {
            return;
        }
        String source = words[dash + 2];
        Set<PciAddress> holders = new HashSet<>(blockDevices(numberedName(words[2]), 0));
        // File systems with numbers of their own, such as btrfs, are found by their source.
        if (source.startsWith("/dev/")) {
            holders.addAll(blockDevices(blockName(source), 0));
        }
        if (holders.contains(device.address())) {
            reasons.add("it holds " + words[4] + ", mounted from " + source);
        }
    }

    /** The kernel's name of a block device file: links such as those below /dev/mapper are followed. */
    private static String blockName(String file) {
        Path path = Path.of(file);
        try {
            path = path.toRealPath();
        } catch (IOException e) {
            // Not there: then the name itself is the best guess.
        }
        return String.valueOf(path.getFileName());
    }

    private String numberedName(String majorMinor) {
        String name = sysfs.linkName(sysfs.root().resolve("dev/block").resolve(majorMinor.replace('/', '_')));
        return name == null ? "" : name;
    }

    /** The functions that a block device's contents pass through. */
    private Set<PciAddress> blockDevices(String name, int depth) {
        Set<PciAddress> found = new HashSet<>();
        if (!isPlain(name) || depth == MAX_DEPTH) {
            return found;
        }
        Path link = sysfs.root().resolve("class/block").resolve(name);
        if (!Files.exists(link)) {
            return found;
        }
        Path directory = sysfs.real(link);
        addFunctions(directory, found);
        List<String> below = new ArrayList<>(sysfs.list(directory.resolve("slaves")));
        // A partition lies on its disk, which may be stacked.
        Path disk = directory.getParent();
        if (Files.exists(directory.resolve("partition")) && disk != null) {
            below.addAll(sysfs.list(disk.resolve("slaves")));
        }
        below.forEach(slave -> found.addAll(blockDevices(slave, depth + 1)));
        return found;
    }

    private Set<PciAddress> networkDevices(String name, int depth) {
        Set<PciAddress> found = new HashSet<>();
        if (!isPlain(name) || depth == MAX_DEPTH) {
            return found;
        }
        Path link = sysfs.root().resolve("class/net").resolve(name);
        if (!Files.exists(link)) {
            return found;
        }
        Path directory = sysfs.real(link);
        addFunctions(directory, found);
        for (String entry : sysfs.list(directory)) {
            if (entry.startsWith("lower_")) {
                found.addAll(networkDevices(entry.substring("lower_".length()), depth + 1));
            }
        }
        return found;
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty() && !name.equals(".") && !name.equals("..") && name.indexOf('/') < 0;
    }

    private static void addFunctions(Path directory, Set<PciAddress> into) {
        for (Path part : directory) {
            if (PciAddress.isName(part.toString())) {
                into.add(PciAddress.parse(part.toString()));
            }
        }
    }

    private Set<String> defaultInterfaces() {
        Set<String> names = new LinkedHashSet<>();
        for (String line : lines("net/route")) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 8 && words[1].equals("00000000") && words[7].equals("00000000") && usable(words[3])) {
                names.add(words[0]);
            }
        }
        for (String line : lines("net/ipv6_route")) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 10 && words[0].matches("0{32}") && words[1].equals("00") && usable(words[8])) {
                names.add(words[9]);
            }
        }
        names.remove("lo");
        return names;
    }

    private static boolean usable(String flags) {
        try {
            long bits = Long.parseLong(flags, 16);
            return (bits & ROUTE_UP) != 0 && (bits & ROUTE_REJECT) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private List<String> lines(String name) {
        try {
            return Files.readAllLines(proc.resolve(name));
        } catch (IOException e) {
            return List.of();
        }
    }
}
