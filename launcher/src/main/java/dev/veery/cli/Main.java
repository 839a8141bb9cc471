package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.bench.Bench;
import dev.veery.config.VmConfig;
import dev.veery.runtime.FailureReport;
import dev.veery.runtime.MachineHelp;
import dev.veery.runtime.MachineRunner;
import dev.veery.runtime.Messages;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Objects;

/** The program. Exit status: 0, 1 for a failure at run time, 2 for a wrong command line, or what the guest says. */
public final class Main {
    private static final int FAILURE = 1;
    private static final int USAGE = 2;

    private final PrintStream out;
    private final PrintStream err;

    private Main(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs and ends the JVM. */
    public static void main(String[] arguments) {
        System.exit(new Main(System.out, System.err).run(arguments));
    }

    private int run(String[] arguments) {
        Messages messages = new Messages(err);
        try {
            String command = arguments.length == 0 ? "" : arguments[0];
            return switch (command) {
                case "explain" -> ExplainCommand.run(out, arguments);
                case "bench" -> Bench.run(Arrays.asList(arguments).subList(1, arguments.length), version(), out, err);
                case "bind", "unbind" -> BindCommand.run(out, arguments);
                default -> carryOut(CommandLine.parse(arguments), messages);
            };
        } catch (ConfigException e) {
            messages.error(e.getMessage());
            return e.isUsage() ? USAGE : FAILURE;
        } catch (RuntimeException | Error e) {
            FailureReport.report(messages, e, null);
            return FAILURE;
        }
    }

    private int carryOut(Request request, Messages messages) {
        switch (request.kind()) {
            case PRINT:
                return print(request.text());
            case VERSION:
                return print("Veery emulator version " + version() + "\n");
            case MACHINE_LIST:
                return print(MachineHelp.machines());
            case MACHINE_HELP:
                return print(MachineHelp.machine(request.text()));
            case CPU_HELP:
                return print(MachineHelp.cpus());
            case DEVICE_LIST:
                return print(MachineHelp.devices());
            case DEVICE_HELP:
                return print(MachineHelp.device(request.text()));
            default:
                VmConfig config = Objects.requireNonNull(request.config());
                return MachineRunner.run(config, messages, err, version());
        }
    }

    private int print(String text) {
        out.print(text);
        out.flush();
        return 0;
    }

    /** From the jar's manifest. */
    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
