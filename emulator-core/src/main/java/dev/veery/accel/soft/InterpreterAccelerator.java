package dev.veery.accel.soft;

import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;

/** The interpreter as an accelerator: any host. */
public final class InterpreterAccelerator extends SoftAccelerator {
    /** The name, and QEMU's for its software CPU. */
    public static final String NAME = "interp";

    /** Makes one whose processors run at the same time. */
    public InterpreterAccelerator() {
        this(false);
    }

    /**
     * Makes one.
     *
     * @param turns whether the processors take turns instead
     */
    public InterpreterAccelerator(boolean turns) {
        super(turns);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        return new SoftVcpu(config, group(config.ram()), null, 0);
    }
}
