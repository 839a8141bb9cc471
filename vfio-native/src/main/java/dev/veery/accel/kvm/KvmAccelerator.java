package dev.veery.accel.kvm;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.state.CpuSupport;
import dev.veery.linux.kvm.CpuidTable;
import dev.veery.linux.kvm.KvmSystem;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The host's KVM as an accelerator, with interrupt controllers in user space ({@code kernel-irqchip=off}). One instance
 * serves one machine.
 */
public final class KvmAccelerator implements Accelerator {
    /** The name on the command line. */
    public static final String NAME = "kvm";

    private final Consumer<String> warnings;
    private @Nullable KvmSystem system;
    private @Nullable KvmMachine machine;

    /** As below; warnings go nowhere. */
    public KvmAccelerator() {
        this(warning -> {});
    }

    /**
     * Makes an accelerator; the host is not touched before it is asked for something.
     *
     * @param warnings hears one line for each feature of the processor model that this host cannot give
     */
    public KvmAccelerator(Consumer<String> warnings) {
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
        return new KvmCpuSupport(supported, new KvmCpuid(supported, true, KvmMachine.hasMsrExits(host), false));
    }

    /**
     * Makes a processor.
     *
     * @throws dev.veery.base.ConfigException if the host has no usable KVM
     */
    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        KvmMachine m = machine;
        if (m == null) {
            m = new KvmMachine(system(), config);
            machine = m;
            new KvmCpuid(m.supported(), true, m.msrExits(), false)
                    .missing(config.model())
                    .forEach(feature -> warnings.accept("the host's KVM does not implement " + feature.where() + " '"
                            + feature.flag() + "', left off"));
        }
        return new KvmProcessor(config, m);
    }
}
