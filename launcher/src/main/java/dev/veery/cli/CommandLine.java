package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ChardevParser;
import dev.veery.chardev.ChardevSpec;
import dev.veery.config.AccelOption;
import dev.veery.config.Actions;
import dev.veery.config.BootOptions;
import dev.veery.config.CpuOptions;
import dev.veery.config.GlobalProperty;
import dev.veery.config.IcountOptions;
import dev.veery.config.Identity;
import dev.veery.config.ProcessOptions;
import dev.veery.config.RtcOptions;
import dev.veery.config.Topology;
import dev.veery.config.TraceOptions;
import dev.veery.config.VmConfig;
import dev.veery.cpu.state.CpuModels;
import dev.veery.model.DeviceDescriptor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the arguments of one run, from left to right; the first option that asks for help or the version ends it. */
final class CommandLine {
    private static final String CHARDEV_HELP =
            "Available chardev backend types:\n" + "  file\n  null\n  pty\n  socket\n  stdio\n";

    private static final String SERIAL_HELP = "Serial ports go to one of:\n"
            + "  stdio        the terminal; mon:stdio shares it with the Ctrl-A commands\n"
            + "  file:PATH    a file\n"
            + "  unix:PATH[,server=on|off][,wait=on|off]\n"
            + "  tcp:HOST:PORT[,server=on|off][,wait=on|off][,nodelay=on|off]\n"
            + "  pty          a new pseudo-terminal\n"
            + "  chardev:ID   what a -chardev defines\n"
            + "  null         nowhere\n"
            + "  none         no such port\n";

    private final MachineParser machine = new MachineParser();
    private final List<ChardevSpec> chardevs = new ArrayList<>();
    private final List<String> serials = new ArrayList<>();
    private final BlockParser disks = new BlockParser();
    private final NetParser nets = new NetParser();
    private final List<DeviceDescriptor> devices = new ArrayList<>();
    private final List<GlobalProperty> globals = new ArrayList<>();
    private final Set<String> iommufds = new LinkedHashSet<>();
    private final Set<TraceOptions.Item> traceItems = EnumSet.noneOf(TraceOptions.Item.class);
    private String cpu = CpuModels.DEFAULT;
    private Topology topology = Topology.SINGLE;
    private long ram = 128L << 20;
    private String name = "";
    private @Nullable UUID uuid;
    private @Nullable String kernel;
    private @Nullable String initrd;
    private @Nullable String append;
    private ProgramParser.Boot boot = new ProgramParser.Boot("", false);
    private RtcOptions rtc = RtcOptions.DEFAULT;
    private @Nullable IcountOptions icount;
    private @Nullable Long seed;
    private Actions actions = Actions.DEFAULT;
    private ProcessOptions process = ProcessOptions.DEFAULT;
    private @Nullable String traceFile;
    private boolean perfMap;
    private boolean kvm;
    private boolean noGraphic;
    private boolean display;
    private boolean noDefaults;

    private CommandLine() {}

    /**
     * Reads.
     *
     * @throws ConfigException that names the option which is wrong
     */
    static Request parse(String... arguments) {
        CommandLine line = new CommandLine();
        for (int n = 0; n < arguments.length; n++) {
            Option option = option(arguments[n]);
            String value = "";
            if (option.takesValue()) {
                if (n + 1 == arguments.length) {
                    throw ConfigException.usage("option '" + arguments[n] + "' needs a value (see veery -help)");
                }
                n++;
                value = arguments[n];
            }
            Request request = line.apply(option, "-" + option.text(), value);
            if (request != null) {
                return request;
            }
        }
        return Request.run(line.build());
    }

    private static Option option(String argument) {
        if (!argument.startsWith("-") || argument.length() < 2) {
            throw ConfigException.usage(
                    "'" + argument + "' is not an option; a disk image is given with -drive (see veery -help)");
        }
        String text = argument.substring(argument.startsWith("--") ? 2 : 1);
        Option option = Option.find(text);
        if (option == null) {
            throw ConfigException.usage(
                    Option.isKnownElsewhere(text)
                            ? "option '" + argument + "' is not available in this version"
                            : "unknown option '" + argument + "' (see veery -help)");
        }
        return option;
    }

    /** Applies one option; returns what to do instead of going on, or null. */
    private @Nullable Request apply(Option option, String dashed, String value) {
        switch (option) {
            case HELP:
            case H:
                return Request.print(Option.helpText());
            case VERSION:
                return Request.of(Request.Kind.VERSION);
            case MACHINE:
            case M:
                return machine.machine(dashed, value);
            case ACCEL:
                return machine.accel(value);
            case CPU:
                cpu = value;
                return isHelp(value) ? Request.of(Request.Kind.CPU_HELP) : null;
            case DEVICE:
                return device(value);
            case CHARDEV:
                if (isHelp(value)) {
                    return Request.print(CHARDEV_HELP);
                }
                chardevs.add(ChardevParser.chardev(value));
                return null;
            case SERIAL:
                serials.add(value);
                return isHelp(value) ? Request.print(SERIAL_HELP) : null;
            case D:
                Set<TraceOptions.Item> items = ProgramParser.trace(value);
                traceItems.addAll(items);
                return items.isEmpty() ? Request.print(ProgramParser.traceHelp()) : null;
            case OBJECT:
                return object(value);
            default:
                applyValue(option, dashed, value);
                return null;
        }
    }

    private static boolean isHelp(String value) {
        return value.equals("help") || value.equals("?");
    }

    private @Nullable Request device(String value) {
        if (DeviceParser.isHelp(value)) {
            String driver = DeviceParser.helpDriver(value);
            return driver.isEmpty()
                    ? Request.of(Request.Kind.DEVICE_LIST)
                    : new Request(Request.Kind.DEVICE_HELP, driver, null);
        }
        devices.add(DeviceParser.device(value));
        return null;
    }

    private @Nullable Request object(String value) {
        if (isHelp(value)) {
            return Request.print("List of user creatable objects:\n  filter-dump\n  iommufd\n");
        }
        String whole = "-object " + value;
        OptionText text = value.startsWith("{")
                ? new OptionText(whole, Json.object(whole, value))
                : new OptionText("-object", value, "qom-type");
        String type = text.take("qom-type");
        switch (type == null ? "" : type) {
            case "filter-dump" -> nets.dump(text);
            case "iommufd" -> {
                String id = text.require("id");
                text.finish();
                if (!iommufds.add(id)) {
                    throw ConfigException.usage(whole + ": there is an object '" + id + "' already");
                }
            }
            default ->
                throw ConfigException.usage(whole + ": object type '" + type + "' is not available in this version");
        }
        return null;
    }

    private void applyValue(Option option, String dashed, String value) {
        switch (option) {
            case ENABLE_KVM:
                kvm = true;
                break;
            case SMP:
                topology = ProgramParser.smp(value);
                break;
            case MEMORY:
                ram = ProgramParser.memory(value);
                break;
            case NAME:
                name = ProgramParser.name(value);
                break;
            case UUID:
                uuid = ProgramParser.uuid(value);
                if (uuid == null) {
                    throw ConfigException.usage("-uuid " + value + ": this is not a UUID");
                }
                break;
            case KERNEL:
                kernel = value;
                break;
            case INITRD:
                initrd = value;
                break;
            case APPEND:
                append = value;
                break;
            case BOOT:
                boot = ProgramParser.boot(value, boot);
                break;
            case DRIVE:
                devices.addAll(disks.drive(value));
                break;
            case BLOCKDEV:
                disks.blockdev(value);
                break;
            case NETDEV:
                nets.netdev(value);
                break;
            case NIC:
                devices.addAll(nets.nic(value));
                break;
            case GLOBAL:
                globals.add(DeviceParser.global(value));
                break;
            case RTC:
                rtc = ProgramParser.rtc(value);
                break;
            case ICOUNT:
                icount = ProgramParser.icount(value);
                break;
            case SEED:
                seed = ProgramParser.seed(value);
                break;
            case ACTION:
                actions = ProgramParser.action(value, actions);
                break;
            case NO_REBOOT:
                actions = ProgramParser.action("reboot=shutdown", actions);
                break;
            case NO_SHUTDOWN:
                actions = ProgramParser.action("shutdown=pause", actions);
                break;
            default:
                applyProgram(option, dashed, value);
                break;
        }
    }

    private void applyProgram(Option option, String dashed, String value) {
        switch (option) {
            case NOGRAPHIC:
                noGraphic = true;
                break;
            case DISPLAY:
                requireNone(dashed, value, "there is no display in this version");
                display = true;
                break;
            case VGA:
                requireNone(dashed, value, "there is no graphics card in this version");
                break;
            case MONITOR:
            case MON:
                requireNone(dashed, value, "there is no monitor in this version");
                break;
            case PARALLEL:
                requireNone(dashed, value, "there is no parallel port in this version");
                break;
            case NET:
                requireNone(dashed, value, "use -nic, or -netdev and -device");
                break;
            case DEBUGCON:
                chardevs.add(ChardevParser.legacy(dashed, value, "debugcon"));
                devices.add(DeviceParser.device("isa-debugcon,iobase=0xe9,chardev=debugcon"));
                break;
            case STOPPED:
                throw ConfigException.usage(
                        "option '-S' is not available in this version: nothing could start the guest,"
                                + " as there is no monitor");
            case LOGFILE:
                traceFile = value;
                break;
            case PERFMAP:
                perfMap = true;
                break;
            case MSG:
                process = ProgramParser.message(value, process);
                break;
            case PIDFILE:
                process = new ProcessOptions(value, process.timestamps(), process.guestName());
                break;
            case OVERCOMMIT:
                ProgramParser.overcommit(value);
                break;
            case NODEFAULTS:
                noDefaults = true;
                break;
            case NO_USER_CONFIG:
                // There is none to read.
                break;
            default:
                throw new IllegalStateException(option.name());
        }
    }

    private static void requireNone(String dashed, String value, String reason) {
        if (!value.equals("none")) {
            throw ConfigException.usage(dashed + " " + value + ": " + reason + "; only 'none' is possible");
        }
    }

    private VmConfig build() {
        String kernelFile = ownOrMachine(kernel, "kernel");
        String initrdFile = ownOrMachine(initrd, "initrd");
        String arguments = ownOrMachine(append, "append");
        if (kernelFile == null && initrdFile != null) {
            throw ConfigException.usage("-initrd only allowed with -kernel option");
        }
        if (kernelFile == null && arguments != null) {
            throw ConfigException.usage("-append only allowed with -kernel option");
        }
        return new VmConfig(
                new Identity(name, uuid),
                machine.options(),
                accelerators(),
                new CpuOptions(cpu, topology),
                ram,
                new BootOptions(kernelFile, initrdFile, arguments == null ? "" : arguments, boot.order(), boot.menu()),
                uniqueChardevs(),
                serialPorts(),
                disks.disks(),
                nets.nets(),
                nets.dumps(),
                devices,
                globals,
                iommufds,
                rtc,
                icount,
                seed,
                actions,
                new TraceOptions(traceItems, traceFile, perfMap),
                process);
    }

    private @Nullable String ownOrMachine(@Nullable String own, String property) {
        String machines = machine.take(property);
        return own == null ? machines : own;
    }

    private List<AccelOption> accelerators() {
        List<AccelOption> wishes = machine.accelerators();
        if (!kvm) {
            return wishes;
        }
        List<AccelOption> all = new ArrayList<>();
        all.add(new AccelOption(AccelOption.Kind.KVM));
        if (machine.namesAccelerators()) {
            all.addAll(wishes);
        }
        return all;
    }

    /** Options of the same id merge: the last one counts. */
    private List<ChardevSpec> uniqueChardevs() {
        Map<String, ChardevSpec> byId = new LinkedHashMap<>();
        for (ChardevSpec spec : chardevs) {
            byId.put(spec.id(), spec);
        }
        return new ArrayList<>(byId.values());
    }

    /**
     * The serial ports; without {@code -serial} there is one. It has the terminal under {@code -nographic}, and also when
     * nothing was said about a display, because there is no window to show it in.
     */
    private List<ChardevSpec> serialPorts() {
        List<ChardevSpec> ports = new ArrayList<>();
        for (String value : serials) {
            ports.add(ChardevParser.legacy("-serial", value, "serial" + ports.size()));
        }
        if (ports.isEmpty() && !noDefaults) {
            boolean terminal = noGraphic || !display;
            ports.add(ChardevParser.legacy("-serial", terminal ? "mon:stdio" : "null", "serial0"));
        }
        return ports;
    }
}
