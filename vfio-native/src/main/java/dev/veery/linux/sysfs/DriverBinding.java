package dev.veery.linux.sysfs;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives a function to VFIO's driver, and back to the one it had. The way is the kernel's {@code driver_override}: it says
 * which driver may have this function, and concerns no other of the same kind.
 */
public final class DriverBinding {
    private final Sysfs sysfs;
    private final Path state;

    /**
     * One write.
     *
     * @param file an attribute
     * @param value what goes there, without a line end
     */
    public record Step(Path file, String value) {
        /** As one would type it. */
        @Override
        public String toString() {
            return "echo " + (value.isEmpty() ? "''" : value) + " > " + file;
        }
    }

    /**
     * Writes nothing yet.
     *
     * @param state directory that remembers which driver a function had; it should not outlive the running kernel
     */
    public DriverBinding(Sysfs sysfs, Path state) {
        this.sysfs = sysfs;
        this.state = state;
    }

    /**
     * How VFIO gets it; empty if it has it.
     *
     * @throws ConfigException for a bridge, which no guest can be given
     */
    public List<Step> bindSteps(HostPciDevice device) {
        if (device.leadsToABus()) {
            throw new ConfigException("host device " + device + " is a bridge; bind the devices behind it instead");
        }
        List<Step> steps = new ArrayList<>();
        if (device.boundToVfio()) {
            return steps;
        }
        steps.add(new Step(device.directory().resolve("driver_override"), HostPciDevice.VFIO_DRIVER));
        device.driver().ifPresent(name -> steps.add(release(device)));
        steps.add(probe(device));
        return steps;
    }

    /** How it goes back; empty if VFIO does not have it. */
    public List<Step> unbindSteps(HostPciDevice device) {
        List<Step> steps = new ArrayList<>();
        if (!device.boundToVfio()) {
            return steps;
        }
        // A line end alone takes the override away.
        steps.add(new Step(device.directory().resolve("driver_override"), ""));
        steps.add(release(device));
        Optional<String> previous = previous(device);
        if (previous.isPresent() && !previous.get().isEmpty()) {
            steps.add(new Step(
                    sysfs.root()
                            .resolve("bus/pci/drivers")
                            .resolve(previous.get())
                            .resolve("bind"),
                    device.toString()));
        } else if (previous.isEmpty()) {
            steps.add(probe(device));
        }
        return steps;
    }

    private Step release(HostPciDevice device) {
        return new Step(device.directory().resolve("driver").resolve("unbind"), device.toString());
    }

    private Step probe(HostPciDevice device) {
        return new Step(sysfs.root().resolve("bus/pci/drivers_probe"), device.toString());
    }

    /** The driver it had when it was bound: empty text for none; empty if that is not known. */
    public Optional<String> previous(HostPciDevice device) {
        String name = sysfsText(state.resolve(device.toString()));
        return name == null || name.indexOf('/') >= 0 ? Optional.empty() : Optional.of(name);
    }

    private static @org.jspecify.annotations.Nullable String sysfsText(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Gives it to VFIO, unless VFIO has it.
     *
     * @throws ConfigException if a write fails, or it has another driver afterwards
     */
    public void bind(HostPciDevice device) {
        List<Step> steps = bindSteps(device);
        if (steps.isEmpty()) {
            return;
        }
        if (!sysfs.hasDriver(HostPciDevice.VFIO_DRIVER)) {
            throw new ConfigException("the driver vfio-pci is not loaded; load it with 'modprobe vfio-pci'");
        }
        remember(device);
        steps.forEach(DriverBinding::carryOut);
        if (!device.boundToVfio()) {
            throw new ConfigException("host device " + device + " has driver "
                    + device.driver().orElse("none") + " after all; the kernel's messages (dmesg) say why");
        }
    }

    /**
     * Gives it back, unless VFIO does not have it.
     *
     * @throws ConfigException if a write fails, or the driver it had does not take it
     */
    public void unbind(HostPciDevice device) {
        Optional<String> previous = previous(device);
        unbindSteps(device).forEach(DriverBinding::carryOut);
        try {
            Files.deleteIfExists(state.resolve(device.toString()));
        } catch (IOException e) {
            throw new ConfigException("cannot remove '" + state.resolve(device.toString()) + "': " + Sysfs.reason(e));
        }
        String now = device.driver().orElse("");
        if (previous.isPresent() && !previous.get().equals(now)) {
            throw new ConfigException("host device " + device + " has driver " + (now.isEmpty() ? "none" : now)
                    + ", not " + (previous.get().isEmpty() ? "none" : previous.get())
                    + " as before; the kernel's messages (dmesg) say why");
        }
    }

    private void remember(HostPciDevice device) {
        try {
            Files.createDirectories(state);
            Files.writeString(state.resolve(device.toString()), device.driver().orElse("") + "\n");
        } catch (IOException e) {
            throw new ConfigException(
                    "cannot write '" + state.resolve(device.toString()) + "': " + Sysfs.reason(e) + "; run as root");
        }
    }

    private static void carryOut(Step step) {
        try {
            Files.write(
                    step.file(), (step.value() + "\n").getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new ConfigException("cannot write '" + step.value() + "' to " + step.file() + ": " + Sysfs.reason(e)
                    + (Files.isWritable(step.file()) ? "" : "; run as root"));
        }
    }
}
