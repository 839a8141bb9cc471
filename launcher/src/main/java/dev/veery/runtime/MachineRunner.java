package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.kvm.IrqchipMode;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.block.Disks;
import dev.veery.block.HostFile;
import dev.veery.chardev.CharBackend;
import dev.veery.chardev.ChardevSpec;
import dev.veery.chardev.Chardevs;
import dev.veery.config.AccelOption;
import dev.veery.config.Actions;
import dev.veery.config.BootOptions;
import dev.veery.config.GlobalProperty;
import dev.veery.config.Topology;
import dev.veery.config.VmConfig;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.RegisterDump;
import dev.veery.linux.file.LinuxDiskFile;
import dev.veery.linux.net.HostNets;
import dev.veery.linux.sys.MappedRamAllocator;
import dev.veery.linux.sys.NativeLayer;
import dev.veery.linux.sys.Signals;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.linux.tty.LinuxStreams;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.model.PropertyValues;
import dev.veery.net.Networks;
import dev.veery.q35.Q35Backends;
import dev.veery.q35.Q35Machine;
import dev.veery.q35.Q35Options;
import dev.veery.q35.Q35Settings;
import dev.veery.time.VirtualClock;
import dev.veery.time.WallClock;
import dev.veery.vfio.VfioHost;
import dev.veery.vfio.VfioPciDevice;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes the machine that a configuration describes, runs it, and reacts to what it does until the program ends. */
public final class MachineRunner {
    /** How long an orderly end may take before the rest is left to the operating system. */
    private static final long END_MILLIS = 5_000;

    private static final int RNG_SEED_BYTES = 32;

    /** More threads than this find the memory busy. */
    private static final int MAX_POPULATORS = 8;

    private final VmConfig config;
    private final Messages messages;
    private final EngineWatch watch;
    private final RunControl control;
    private final String version;
    private final MachineLock lock = new MachineLock();

    /** The main loop listens to {@link #control}; before that a signal ends the program at once. */
    private volatile boolean listening;

    private MachineRunner(VmConfig config, Messages messages, TraceLog trace, String version) {
        this.config = config;
        this.messages = messages;
        this.version = version;
        watch = new EngineWatch(
                trace,
                config.trace().perfMap() ? new PerfMap(ProcessHandle.current().pid()) : null);
        control = new RunControl(watch);
    }

    /**
     * Runs to the end.
     *
     * @param version of this program
     * @return the exit status
     * @throws ConfigException if the machine cannot be made as described
     */
    public static int run(VmConfig config, Messages messages, PrintStream standardError, String version) {
        messages.configure(config.process(), config.identity().name());
        try (TraceLog trace = new TraceLog(config.trace(), standardError)) {
            if (Logging.wanted(config.trace())) {
                Logging.detailed(config.trace(), trace.stream());
            } else {
                Logging.quiet();
            }
            return new MachineRunner(config, messages, trace, version).run();
        }
    }

    private int run() {
        Q35Options.checkName(config.machine().type());
        PropertyValues options = Q35Options.parse(config.machine().properties());
        Optional<String> nativeProblem = NativeLayer.problem();
        boolean nativeLayer = nativeProblem.isEmpty();
        MappedRamAllocator mapped = new MappedRamAllocator(populators());
        if (nativeLayer) {
            // It takes long, and nothing else is needed for it.
            mapped.begin("pc.ram", config.ramBytes());
        }
        Random random = random();
        MachineTime time = MachineTime.of(config.icount(), lock, (thread, cause) -> control.failed(cause));
        TranslationFile translations = new TranslationFile(messages::warning);
        Accelerator accelerator = Accelerators.choose(
                config.accelerators(),
                irqchipMode(options),
                time.instructions(),
                random::nextLong,
                translations::open,
                messages::warning);
        Topology topology = config.cpu().topology();
        CpuModel model = CpuModels.parse(config.cpu().model(), accelerator.cpuSupport(), messages::warning)
                .withTopology(topology.cores(), topology.threads());
        BootOptions boot = config.boot();
        if (boot.kernel() == null) {
            throw new ConfigException(
                    "there is nothing to boot: give -kernel FILE (firmware and disks are not available in this version)");
        }
        nativeProblem.ifPresent(
                problem -> messages.warning(problem + "; going on without raw terminal mode and with RAM of the JVM"));
        if (nativeLayer) {
            Signals.onTermination(signal -> quit());
        }
        VirtualClock clock = time.clock();
        Chardevs chardevs = new Chardevs(
                lock, nativeLayer ? new LinuxStreams() : new PlainStreams(), this::quit, clock::nanos, messages::line);
        List<Runnable> ending = new ArrayList<>();
        ending.add(watch::close);
        ending.add(time::close);
        ending.add(chardevs::close);
        VfioHost vfio = new VfioHost(lock, Sysfs.live(), config.iommufds(), mapped::finish, messages::warning);
        try (PidFile pidFile = new PidFile(config.process().pidFile(), messages)) {
            config.chardevs().forEach(chardevs::define);
            Disks disks = new Disks(lock, nativeLayer ? LinuxDiskFile::open : HostFile.Opener.NONE);
            ending.add(disks::close);
            config.disks().forEach(disks::define);
            Networks nets = new Networks(
                    lock, nativeLayer ? HostNets::open : Networks.HostOpener.NONE, WallClock.host()::epochNanos);
            ending.add(nets::close);
            config.nets().forEach(nets::define);
            config.dumps().forEach(nets::define);
            Q35Machine machine = new Q35Machine(new Q35Settings(
                    lock,
                    clock,
                    GuestDate.of(config.rtc(), WallClock.host(), clock, ZoneId::systemDefault),
                    nativeLayer ? mapped : new OffHeapRamAllocator(),
                    accelerator,
                    model,
                    topology.cpus(),
                    config.ramBytes(),
                    options,
                    new Q35Settings.Boot(boot.kernel(), boot.initrd(), boot.append()),
                    serials(chardevs),
                    chardevs::connect,
                    new Q35Backends(
                            disks::connect,
                            nets,
                            random::nextBytes,
                            (memory, signals) -> List.of(VfioPciDevice.type(vfio, memory, signals))),
                    config.devices(),
                    globals(),
                    uuid(),
                    version,
                    rngSeed(random),
                    control,
                    messages::warning));
            ending.add(0, machine::stop);
            ending.add(1, this::reportStatistics);
            watch.start(accelerator);
            ending.add(machine::close);
            ending.add(vfio::close);
            ending.add(translations::close);
            machine.reset();
            listening = true;
            machine.start();
            return react(machine, time);
        } finally {
            end(ending);
        }
    }

    /** Threads that commit RAM in advance: an assigned device has all of it pinned. One processor is left to who builds the machine. */
    private int populators() {
        boolean pinned =
                config.devices().stream().anyMatch(device -> device.driver().equals("vfio-pci"));
        return pinned ? Math.min(Runtime.getRuntime().availableProcessors() - 1, MAX_POPULATORS) : 0;
    }

    /** By default in the kernel, but for an I/O APIC whose messages are to be remapped. */
    private IrqchipMode irqchipMode(PropertyValues options) {
        switch (options.choice(Q35Options.KERNEL_IRQCHIP)) {
            case "on":
                return IrqchipMode.ON;
            case "split":
                return IrqchipMode.SPLIT;
            case "off":
                return IrqchipMode.OFF;
            default:
                boolean remaps = config.devices().stream()
                        .anyMatch(device -> device.driver().equals("intel-iommu"));
                return remaps ? IrqchipMode.SPLIT : IrqchipMode.ON;
        }
    }

    /** From any thread; returns at once unless the program ends here. */
    private void quit() {
        if (listening) {
            control.quit();
        } else {
            System.exit(0);
        }
    }

    private void reportStatistics() {
        if (config.accelerators().stream().anyMatch(AccelOption::statistics)) {
            messages.raw(EngineReport.format(watch.statistics()));
        }
    }

    private List<@Nullable CharBackend> serials(Chardevs chardevs) {
        List<@Nullable CharBackend> backends = new ArrayList<>();
        for (ChardevSpec spec : config.serials()) {
            backends.add(chardevs.connect(spec).orElse(null));
        }
        return backends;
    }

    private List<Q35Settings.Global> globals() {
        List<Q35Settings.Global> globals = new ArrayList<>();
        for (GlobalProperty global : config.globals()) {
            globals.add(new Q35Settings.Global(global.driver(), global.property(), global.value()));
        }
        return globals;
    }

    private UUID uuid() {
        UUID uuid = config.identity().uuid();
        return uuid == null ? new UUID(0, 0) : uuid;
    }

    /** What the guest gets of chance: where time is counted in instructions, always the same unless another seed is given. */
    private Random random() {
        Long seed = config.seed();
        if (seed == null && config.icount() == null) {
            return new SecureRandom();
        }
        return new Random(seed == null ? 0 : seed);
    }

    private static byte[] rngSeed(Random random) {
        byte[] seed = new byte[RNG_SEED_BYTES];
        random.nextBytes(seed);
        return seed;
    }

    /** Reacts to events until one of them ends the program; returns the exit status. */
    private int react(Q35Machine machine, MachineTime time) {
        while (true) {
            RunControl.Event event;
            try {
                event = control.take();
            } catch (InterruptedException e) {
                return 0;
            }
            switch (event.kind()) {
                case QUIT:
                    return 0;
                case DEBUG_EXIT:
                    return event.status();
                case ENGINE_FAILED:
                    Throwable cause = event.cause();
                    Vcpu failed = event.vcpu();
                    FailureReport.report(
                            messages,
                            cause == null ? new IllegalStateException("no cause") : cause,
                            failed == null ? null : failed.state());
                    return 1;
                case PANIC:
                    if (panicked(machine, time)) {
                        return config.actions().panic() == Actions.Panic.EXIT_FAILURE ? 1 : 0;
                    }
                    break;
                case TRIPLE_FAULT:
                    machine.stop();
                    tripleFault(event.vcpu());
                    if (!restarted(machine) && !paused(machine, time)) {
                        return 0;
                    }
                    break;
                case RESET:
                    if (!restarted(machine) && !paused(machine, time)) {
                        return 0;
                    }
                    break;
                default:
                    if (!paused(machine, time)) {
                        return 0;
                    }
                    break;
            }
        }
    }

    /** Resets and goes on, unless a reset is to be a shutdown. */
    private boolean restarted(Q35Machine machine) {
        if (config.actions().reboot() == Actions.Reboot.SHUTDOWN) {
            return false;
        }
        machine.stop();
        control.discardResets();
        machine.reset();
        machine.start();
        return true;
    }

    /** Stands still, if that is what a shutdown is to be; only a signal or the user's keys end it then. */
    private boolean paused(Q35Machine machine, MachineTime time) {
        if (config.actions().shutdown() != Actions.Shutdown.PAUSE) {
            return false;
        }
        machine.stop();
        control.discardResets();
        time.pause();
        return true;
    }

    /** Whether the guest's panic ends the program. */
    private boolean panicked(Q35Machine machine, MachineTime time) {
        switch (config.actions().panic()) {
            case NONE:
                return false;
            case PAUSE:
                machine.stop();
                time.pause();
                return false;
            default:
                return true;
        }
    }

    private void tripleFault(@Nullable Vcpu vcpu) {
        messages.warning("guest triple fault on CPU " + (vcpu == null ? 0 : vcpu.index()) + ", registers:");
        if (vcpu != null) {
            CpuState state = vcpu.state();
            messages.raw(RegisterDump.format(state));
        }
    }

    /**
     * Stops, writes what is buffered and frees, in the order given. A back end whose peer does not take what is left, such
     * as a full pipe, cannot hold the program for ever.
     */
    private static void end(List<Runnable> steps) {
        Thread worker = new Thread(() -> steps.forEach(Runnable::run), "veery-end");
        worker.setDaemon(true);
        worker.start();
        try {
            worker.join(END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
