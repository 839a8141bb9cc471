package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.config.VmConfig;
import dev.veery.explain.Explainer;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.linux.sysfs.SysfsCapture;
import dev.veery.runtime.Logging;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** {@code veery explain [--json] [--sysfs DIR] [options of the machine]}. */
final class ExplainCommand {
    private static final String HELP = "usage: veery explain [--json] [--sysfs DIR] [options of the machine]\n"
            + "Says what the machine's assigned devices (-device vfio-pci,host=BDF) would do to host and guest, and what\n"
            + "stands in the way. Opens no device and needs no root. Without such a device: what the host has to give.\n\n"
            + "--json          for tools\n"
            + "--capture DIR   only copy what explain reads of /sys, for --sysfs on another machine\n"
            + "--sysfs DIR     a copy of /sys in place of the live one; DIR/../proc/self, if there, has the limits\n\n"
            + "Status: 0 if the machine would start, 1 if not.\n";

    private ExplainCommand() {}

    /**
     * Runs.
     *
     * @param arguments the command's name first
     * @return the exit status
     * @throws ConfigException if the machine is refused
     */
    static int run(PrintStream out, String... arguments) {
        Logging.quiet();
        boolean json = false;
        Sysfs sysfs = Sysfs.live();
        Path proc = Path.of("/proc");
        List<String> machine = new ArrayList<>();
        for (int n = 1; n < arguments.length; n++) {
            switch (arguments[n]) {
                case "--help", "-h" -> {
                    out.print(HELP);
                    out.flush();
                    return 0;
                }
                case "--json" -> json = true;
                case "--capture" -> {
                    n++;
                    if (n == arguments.length) {
                        throw ConfigException.usage("option '--capture' needs a value");
                    }
                    SysfsCapture.copy(
                            sysfs, Path.of(arguments[n]).toAbsolutePath().normalize());
                    return 0;
                }
                case "--sysfs" -> {
                    n++;
                    if (n == arguments.length) {
                        throw ConfigException.usage("option '--sysfs' needs a value");
                    }
                    Path copy = Path.of(arguments[n]);
                    sysfs = Sysfs.at(copy);
                    if (!sysfs.isLive()) {
                        proc = copy.toAbsolutePath().normalize().resolveSibling("proc");
                    }
                }
                default -> machine.add(arguments[n]);
            }
        }
        Request request = CommandLine.parse(machine.toArray(new String[0]));
        if (request.kind() != Request.Kind.RUN) {
            throw ConfigException.usage("explain takes the options of a machine to run (see veery explain --help)");
        }
        VmConfig config = Objects.requireNonNull(request.config());
        try {
            boolean ready = Explainer.explain(config, sysfs, proc, json, out);
            out.flush();
            return ready ? 0 : 1;
        } catch (IOException e) {
            throw new ConfigException("cannot write the explanation: " + e.getMessage());
        }
    }
}
