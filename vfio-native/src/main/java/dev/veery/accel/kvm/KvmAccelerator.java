package dev.veery.accel.kvm;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Irqchip;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.state.CpuSupport;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.kvm.CpuidTable;
import dev.veery.linux.kvm.KvmSystem;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The host's KVM as an accelerator. One instance serves one machine. */
public final class KvmAccelerator implements Accelerator {
    /** The name on the command line. */
    public static final String NAME = "kvm";

    private final IrqchipMode mode;
    private final Consumer<String> warnings;
    private @Nullable KvmSystem system;
    private @Nullable KvmMachine machine;

    /** As below; warnings go nowhere. */
    public KvmAccelerator(IrqchipMode mode) {
        this(mode, warning -> {});
    }

    /**
     * Makes an accelerator; the host is not touched before it is asked for something.
     *
     * @param mode where interrupt controllers are
     * @param warnings hears one line for each feature of the processor model that this host cannot give
     */
    public KvmAccelerator(IrqchipMode mode, Consumer<String> warnings) {
        this.mode = mode;
        this.warnings = warnings;
    }

    @Override
    public String name() {
        return NAME;
    }

    private KvmSystem system() {
        KvmSystem opened = system;
        if (opened == null) {
            opened = KvmSystem.open();
            system = opened;
        }
        return opened;
    }

    /**
     * What the host's KVM offers.
     *
     * @throws dev.veery.base.ConfigException if the host has no usable KVM
     */
    @Override
    public CpuSupport cpuSupport() {
        KvmSystem host = system();
        CpuidTable supported = host.supportedCpuid();
        boolean own = mode == IrqchipMode.OFF;
        return new KvmCpuSupport(
                supported,
                new KvmCpuid(
                        supported,
                        own,
                        own && KvmMachine.hasMsrExits(host),
                        !own && host.extension(Kvm.KVM_CAP_TSC_DEADLINE_TIMER) != 0));
    }

    private KvmMachine machine() {
        KvmMachine made = machine;
        if (made == null) {
            made = new KvmMachine(system(), mode);
            machine = made;
        }
        return made;
    }

    /**
     * The kernel's interrupt controllers.
     *
     * @throws dev.veery.base.ConfigException if the host has no usable KVM, or lacks those that were asked for
     */
    @Override
    public @Nullable Irqchip irqchip() {
        return mode == IrqchipMode.OFF ? null : machine().irqchip();
    }

    /**
     * Makes a processor.
     *
     * @throws dev.veery.base.ConfigException if the host has no usable KVM
     */
    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        KvmMachine m = machine();
        if (!m.hasProcessor()) {
            m.connect(config);
            m.cpuid()
                    .missing(config.model())
                    .forEach(feature -> warnings.accept("the host's KVM does not implement " + feature.where() + " '"
                            + feature.flag() + "', left off"));
        }
        return new KvmProcessor(config, m);
    }
}
