package dev.veery.runtime;

import dev.veery.base.MachineLock;
import dev.veery.cpu.state.CpuModels;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.model.DeviceRegistry;
import dev.veery.q35.Q35Machine;
import dev.veery.q35.Q35Options;
import dev.veery.time.ManualClock;
import dev.veery.vfio.VfioHost;
import dev.veery.vfio.VfioPciDevice;
import java.util.List;
import java.util.Set;

/** What help says about the parts of a machine. */
public final class MachineHelp {
    private MachineHelp() {}

    private static DeviceRegistry types() {
        VfioHost nothing = new VfioHost(new MachineLock(), Sysfs.live(), Set.of(), () -> {}, warning -> {});
        return Q35Machine.deviceTypes(
                new ManualClock(), (memory, signals) -> List.of(VfioPciDevice.type(nothing, memory, signals)));
    }

    /** {@code -device help}. */
    public static String devices() {
        return types().help();
    }

    /**
     * {@code -device NAME,help}.
     *
     * @throws dev.veery.base.ConfigException if there is no such device
     */
    public static String device(String name) {
        return types().help(name);
    }

    /** {@code -machine help}. */
    public static String machines() {
        return Q35Options.help();
    }

    /**
     * {@code -machine NAME,help}.
     *
     * @throws dev.veery.base.ConfigException if there is no such machine
     */
    public static String machine(String name) {
        Q35Options.checkName(name);
        return Q35Options.propertiesHelp();
    }

    /** {@code -cpu help}. */
    public static String cpus() {
        return CpuModels.help();
    }
}
