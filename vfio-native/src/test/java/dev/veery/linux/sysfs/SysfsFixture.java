package dev.veery.linux.sysfs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Makes a sysfs tree from a description: one section a directory, one line an attribute.
 *
 * <pre>
 * [devices/pci0000:00/0000:00:04.0]      a PCI function: the link in bus/pci/devices comes with it
 * vendor 0x1234                          a file; \n in the text is a line end
 * driver edu                             the link and the driver's directory
 * group 3                                both links of the group
 * config hex:86801234                   a file of bytes
 * physfn -> ../0000:00:04.0              any other link
 * </pre>
 */
public final class SysfsFixture {
    private final Path root;
    private Path section;

    private SysfsFixture(Path root) throws IOException {
        this.root = Files.createDirectories(root);
        section = root;
        Files.createDirectories(root.resolve("bus/pci/devices"));
    }

    /** Makes the tree below {@code root}; returns it. */
    public static Path make(Path root, List<String> description) {
        try {
            SysfsFixture fixture = new SysfsFixture(root);
            for (String line : description) {
                fixture.line(line);
            }
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void line(String line) throws IOException {
        if (line.isBlank() || line.startsWith("#")) {
            return;
        }
        if (line.startsWith("[")) {
            section = Files.createDirectories(root.resolve(line.substring(1, line.indexOf(']'))));
            if (PciAddress.isName(name())) {
                link(root.resolve("bus/pci/devices").resolve(name()), section);
            }
            return;
        }
        int blank = line.indexOf(' ');
        String key = blank < 0 ? line : line.substring(0, blank);
        String value = blank < 0 ? "" : line.substring(blank + 1).strip();
        if (key.equals("driver")) {
            Path driver =
                    Files.createDirectories(root.resolve("bus/pci/drivers").resolve(value));
            link(section.resolve("driver"), driver);
            link(driver.resolve(name()), section);
        } else if (key.equals("group")) {
            Path group =
                    Files.createDirectories(root.resolve("kernel/iommu_groups").resolve(value));
            link(section.resolve("iommu_group"), group);
            link(Files.createDirectories(group.resolve("devices")).resolve(name()), section);
        } else if (value.startsWith("-> ")) {
            Path link = section.resolve(key);
            Files.createDirectories(Objects.requireNonNull(link.getParent()));
            Files.createSymbolicLink(link, Path.of(value.substring(3)));
        } else if (value.startsWith("hex:")) {
            Files.write(section.resolve(key), HexFormat.of().parseHex(value.substring("hex:".length())));
        } else {
            Path file = section.resolve(key);
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, value.replace("\\n", "\n") + "\n");
        }
    }

    private String name() {
        return String.valueOf(section.getFileName());
    }

    private static void link(Path link, Path target) throws IOException {
        Path directory = Objects.requireNonNull(link.getParent());
        Files.createSymbolicLink(link, directory.relativize(target));
    }
}
