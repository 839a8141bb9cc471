package dev.veery.accel.soft;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;

/** The interpreter as an accelerator: any host, one vCPU. */
public final class InterpreterAccelerator implements Accelerator {
    /** The name, and QEMU's for its software CPU. */
    public static final String NAME = "interp";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        return new SoftVcpu(config, null, 0);
    }
}
