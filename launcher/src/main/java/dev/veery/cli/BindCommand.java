package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.linux.sysfs.DriverBinding;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.sysfs.HostUse;
import dev.veery.linux.sysfs.IommuGroup;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.linux.sysfs.Sysfs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code veery bind} and {@code veery unbind}: gives host devices to VFIO's driver, and back to their own. */
final class BindCommand {
    /** Below /run, so that it does not outlive the kernel whose drivers it names. */
    private static final Path STATE = Path.of("/run/veery/bind");

    private final boolean binding;
    private final PrintStream out;
    private final List<PciAddress> addresses = new ArrayList<>();
    private Sysfs sysfs = Sysfs.live();
    private Path proc = Path.of("/proc");
    private boolean forced;
    private boolean dry;

    private BindCommand(boolean binding, PrintStream out) {
        this.binding = binding;
        this.out = out;
    }

    /**
     * Runs.
     *
     * @param arguments the command's name, bind or unbind, first
     * @return the exit status
     * @throws ConfigException if it is refused or fails
     */
    static int run(PrintStream out, String... arguments) {
        BindCommand command = new BindCommand(arguments[0].equals("bind"), out);
        for (int n = 1; n < arguments.length; n++) {
            switch (arguments[n]) {
                case "-h", "--help" -> {
                    out.print(help(arguments[0]));
                    out.flush();
                    return 0;
                }
                case "--force" -> command.forced = true;
                case "--dry-run" -> command.dry = true;
                case "--sysfs" -> {
                    n++;
                    if (n == arguments.length) {
                        throw ConfigException.usage("option '--sysfs' needs a value");
                    }
                    command.copy(Path.of(arguments[n]));
                }
                default -> {
                    if (arguments[n].startsWith("-")) {
                        throw ConfigException.usage(
                                "unknown option '" + arguments[n] + "' (see veery " + arguments[0] + " --help)");
                    }
                    command.addresses.add(PciAddress.parse(arguments[n]));
                }
            }
        }
        if (command.addresses.isEmpty()) {
            throw ConfigException.usage("name a device, such as 'veery " + arguments[0] + " 0000:03:00.0'");
        }
        command.carryOut();
        return 0;
    }

    private static String help(String name) {
        boolean binding = name.equals("bind");
        return "usage: veery " + name + (binding ? " [--force]" : "") + " [--dry-run] [--sysfs DIR] BDF...\n"
                + (binding
                        ? "Gives host devices to VFIO's driver, so that a guest can have them.\n"
                        : "Gives host devices back to the driver they had before 'veery bind'.\n")
                + "\n"
                + (binding ? "--force         also a device that the host needs, such as the disk that holds /\n" : "")
                + "--dry-run       only say what would be done\n"
                + "--sysfs DIR     a copy of /sys in place of the live one; implies --dry-run\n";
    }

    /** A copy of /sys may come with one of /proc beside it. */
    private void copy(Path directory) {
        sysfs = Sysfs.at(directory);
        Path beside = directory.toAbsolutePath().normalize().resolveSibling("proc");
        if (!sysfs.isLive()) {
            proc = beside;
            dry = true;
        }
    }

    private void carryOut() {
        DriverBinding drivers = new DriverBinding(sysfs, STATE);
        // All are vetted before one is touched.
        for (PciAddress address : addresses) {
            vet(sysfs.device(address), drivers);
        }
        if (binding && !dry && !sysfs.hasDriver(HostPciDevice.VFIO_DRIVER)) {
            loadDriver();
        }
        for (PciAddress address : addresses) {
            HostPciDevice device = sysfs.device(address);
            List<DriverBinding.Step> steps = binding ? drivers.bindSteps(device) : drivers.unbindSteps(device);
            String driver = device.driver().orElse("none");
            if (steps.isEmpty()) {
                out.println(device + ": driver " + driver + ": nothing to do");
                continue;
            }
            String next = binding
                    ? HostPciDevice.VFIO_DRIVER
                    : drivers.previous(device)
                            .map(name -> name.isEmpty() ? "none" : name)
                            .orElse("the kernel's choice");
            out.println(device + ": driver " + driver + " -> " + next);
            steps.forEach(step -> out.println("  " + step));
            out.flush();
            if (dry) {
                continue;
            }
            if (binding) {
                drivers.bind(device);
            } else {
                drivers.unbind(device);
            }
            report(device);
        }
        out.flush();
    }

    private void vet(HostPciDevice device, DriverBinding drivers) {
        if (!binding || drivers.bindSteps(device).isEmpty()) {
            return;
        }
        List<String> uses = new HostUse(sysfs, proc).of(device);
        if (!uses.isEmpty() && !forced) {
            throw new ConfigException("the host needs device " + device + ": " + String.join("; ", uses)
                    + "; to take it away all the same, add --force");
        }
        uses.forEach(use -> out.println(device + ": the host needs it: " + use + " (--force)"));
    }

    /** Says what is still missing before a guest can have it. */
    private void report(HostPciDevice device) {
        out.println("  done: driver " + device.driver().orElse("none"));
        if (!binding) {
            return;
        }
        if (device.group().isEmpty()) {
            out.println("  but it is in no IOMMU group: the host has no IOMMU, or it is off");
            return;
        }
        IommuGroup group = device.group().get();
        for (HostPciDevice member : group.blockers()) {
            out.println("  but group " + group.number() + " also holds " + member + ", driver "
                    + member.driver().orElse("none") + ": bind that too");
        }
        if (group.blockers().isEmpty()) {
            out.println("  ready: -device vfio-pci,host=" + device);
        }
    }

    private void loadDriver() {
        out.println("modprobe vfio-pci");
        out.flush();
        try {
            Process process =
                    new ProcessBuilder("modprobe", "vfio-pci").inheritIO().start();
            process.waitFor();
        } catch (IOException e) {
            throw new ConfigException(
                    "the driver vfio-pci is not loaded, and modprobe cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
