package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which function of the host a device stands for, and by which way it is opened: properties of {@code vfio-pci} and its dry run. */
final class HostChoice {
    private static final String HOST = "host";
    private static final String SYSFSDEV = "sysfsdev";
    private static final String IOMMUFD = "iommufd";
    private static final String FD = "fd";

    private HostChoice() {}

    /** The properties. */
    static List<Property> properties() {
        return List.of(
                Property.string(HOST, "Address of the host device, example: 0000:03:00.0"),
                Property.string(SYSFSDEV, "The host device's directory in sysfs, in place of host"),
                Property.string(IOMMUFD, "Id of the iommufd to use instead of a VFIO container"),
                Property.string(
                        FD,
                        "Number of an open descriptor: of the device's own file with iommufd, of its group without"));
    }

    /** The id of the iommufd, or null. */
    static @Nullable String iommufd(PropertyValues values) {
        return values.string(IOMMUFD);
    }

    /** The function that the properties name. */
    static HostPciDevice choose(PropertyValues values, VfioHost host) {
        String address = values.string(HOST);
        String path = values.string(SYSFSDEV);
        int descriptor = descriptor(values);
        String iommufd = values.string(IOMMUFD);
        if (descriptor >= 0 && iommufd != null && address == null && path == null) {
            host.requireIommufd(iommufd);
            return host.sysfs().vfioDevice(fileName(descriptor));
        }
        if ((address == null) == (path == null)) {
            throw new ConfigException("device '" + VfioPciDevice.NAME + "' needs host=BDF or sysfsdev=DIRECTORY"
                    + (address == null ? "" : ", and not both"));
        }
        if (iommufd != null) {
            host.requireIommufd(iommufd);
        }
        return path != null
                ? host.sysfs().device(Path.of(path))
                : host.sysfs().device(PciAddress.parse(Objects.requireNonNull(address)));
    }

    /** The descriptor that the user passes, or -1. */
    static int descriptor(PropertyValues values) {
        String text = values.string(FD);
        if (text == null) {
            return -1;
        }
        if (!text.matches("[0-9]{1,6}")) {
            throw new ConfigException(
                    "device '" + VfioPciDevice.NAME + "': fd='" + text + "' is not the number of a descriptor");
        }
        return Integer.parseInt(text);
    }

    /** The last name of what a descriptor is open on. */
    private static String fileName(int descriptor) {
        try {
            Path name = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .getFileName();
            return name == null ? "" : name.toString();
        } catch (IOException e) {
            throw new ConfigException("device '" + VfioPciDevice.NAME + "': descriptor " + descriptor + " is not open");
        }
    }

    /** What the guest reads of who it is. */
    static PciIdentity identity(HostPciDevice device) {
        int revision = Integer.decode(device.attribute("revision").orElse("0"));
        return new PciIdentity(
                device.vendorId(),
                device.deviceId(),
                revision,
                device.classCode(),
                device.subsystemVendorId(),
                device.subsystemId());
    }
}
