package dev.veery.runtime;

import dev.veery.cpu.state.CpuModels;
import dev.veery.model.DeviceRegistry;
import dev.veery.q35.Q35Machine;
import dev.veery.q35.Q35Options;
import dev.veery.time.ManualClock;

/** What help says about the parts of a machine. */
public final class MachineHelp {
    private MachineHelp() {}

    private static DeviceRegistry types() {
        return Q35Machine.deviceTypes(new ManualClock());
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
