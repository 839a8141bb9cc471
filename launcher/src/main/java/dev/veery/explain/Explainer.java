package dev.veery.explain;

import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.base.MachineLock;
import dev.veery.block.DiskQueue;
import dev.veery.block.NullImage;
import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.config.GlobalProperty;
import dev.veery.config.VmConfig;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuModels;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;
import dev.veery.net.NullNet;
import dev.veery.q35.MachineEvents;
import dev.veery.q35.Q35Backends;
import dev.veery.q35.Q35Machine;
import dev.veery.q35.Q35Options;
import dev.veery.q35.Q35Settings;
import dev.veery.time.ManualClock;
import dev.veery.vfio.DryRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes the machine that a configuration describes, with a host side that only takes notes, up to commit. */
public final class Explainer {
    private Explainer() {}

    /**
     * Explains.
     *
     * @param proc the directory that stands for {@code /proc}, for the limits of the process
     * @param json for tools, instead of for people
     * @param into takes the text
     * @return whether the machine would start
     * @throws dev.veery.base.ConfigException if the machine itself refuses what is asked for
     */
    public static boolean explain(VmConfig config, Sysfs sysfs, Path proc, boolean json, Appendable into)
            throws IOException {
        if (config.devices().stream().noneMatch(device -> device.driver().equals("vfio-pci"))) {
            into.append(json ? HostReport.json(sysfs) : HostReport.text(sysfs));
            return true;
        }
        HostLimits limits = HostLimits.read(proc);
        Q35Options.checkName(config.machine().type());
        DryRun run = new DryRun(sysfs, config.iommufds(), limits.lockable());
        List<String> warnings = new ArrayList<>();
        MachineLock lock = new MachineLock();
        List<Q35Settings.Global> globals = new ArrayList<>();
        for (GlobalProperty global : config.globals()) {
            globals.add(new Q35Settings.Global(global.driver(), global.property(), global.value()));
        }
        ManualClock clock = new ManualClock();
        Q35Settings settings = new Q35Settings(
                lock,
                clock,
                () -> 0,
                new LittleRam(),
                new InterpreterAccelerator(),
                model(config),
                config.cpu().topology().cpus(),
                config.ramBytes(),
                Q35Options.parse(config.machine().properties()),
                null,
                Collections.<@Nullable CharBackend>nCopies(config.serials().size(), new Silence()),
                id -> new Silence(),
                new Q35Backends(
                        id -> new DiskQueue(id, new NullImage(0, false), lock),
                        id -> new NullNet(),
                        bytes -> {},
                        (memory, signals) -> List.of(run.type(memory))),
                config.devices(),
                globals,
                new UUID(0, 0),
                "",
                new byte[0],
                new NothingHappens(),
                warnings::add);
        try (Q35Machine machine = new Q35Machine(settings)) {
            Explanation explanation =
                    new Explanation(sysfs, limits, config.ramBytes(), machine.dmaPlan(), run, warnings);
            // While the machine is there, for its end undoes its mappings.
            into.append(json ? JsonReport.of(explanation) : TextReport.of(explanation));
            return explanation.ready();
        }
    }

    /** The processors do not matter here; the host's own cannot be asked for without opening KVM. */
    private static CpuModel model(VmConfig config) {
        String name = config.cpu().model();
        return CpuModels.parse(name.startsWith("host") ? CpuModels.DEFAULT : name, warning -> {});
    }

    /**
     * RAM of any size from little: nothing ever runs, and what a machine writes before its first reset is at the beginning of
     * each block, if anywhere.
     */
    private static final class LittleRam implements RamAllocator {
        private static final long MOST = 4L << 20;

        @Override
        public RamBacking allocate(String name, long size) {
            RamBacking real = new OffHeapRamAllocator().allocate(name, Math.min(size, MOST));
            return new RamBacking() {
                @Override
                public long host() {
                    return real.host();
                }

                @Override
                public long size() {
                    return size;
                }

                @Override
                public void close() {
                    real.close();
                }
            };
        }
    }

    /** A terminal that nobody looks at. */
    private static final class Silence implements CharBackend {
        @Override
        public void attach(CharFrontend frontend) {}

        @Override
        public void write(int value) {}

        @Override
        public void acceptInput() {}

        @Override
        public void close() {}
    }

    private static final class NothingHappens implements MachineEvents {
        @Override
        public void poweredOff() {}

        @Override
        public void resetRequested() {}

        @Override
        public void debugExit(int status) {}

        @Override
        public void guestPanicked() {}

        @Override
        public void tripleFault(dev.veery.accel.Vcpu vcpu) {}

        @Override
        public void engineFailed(dev.veery.accel.Vcpu vcpu, Throwable cause) {}
    }
}
