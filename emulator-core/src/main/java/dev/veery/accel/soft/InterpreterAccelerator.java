package dev.veery.accel.soft;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import org.jspecify.annotations.Nullable;

/** The interpreter as an accelerator: any host. */
public final class InterpreterAccelerator implements Accelerator {
    /** The name, and QEMU's for its software CPU. */
    public static final String NAME = "interp";

    /** The processors of the machine that is being made. */
    private @Nullable CpuGroup group;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        CpuGroup g = group;
        if (g == null || !g.shares(config.ram())) {
            g = new CpuGroup(config.ram());
            group = g;
        }
        return new SoftVcpu(config, g, null, 0);
    }
}
