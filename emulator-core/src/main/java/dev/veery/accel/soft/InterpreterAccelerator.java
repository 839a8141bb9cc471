package dev.veery.accel.soft;

import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;

/** The interpreter as an accelerator: any host. */
public final class InterpreterAccelerator extends SoftAccelerator {
    /** The name, and QEMU's for its software CPU. */
    public static final String NAME = "interp";

    /** Makes one whose processors run at the same time. */
    public InterpreterAccelerator() {
        this(SoftOptions.plain());
    }

    /** Makes one. */
    public InterpreterAccelerator(SoftOptions options) {
        super(options);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        return new SoftVcpu(config, group(config.ram()), options(), null, 0);
    }
}
