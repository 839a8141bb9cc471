package dev.veery.accel.soft;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.hostcode.HostCode;

/** The translator as an accelerator: 64-bit guest code that runs often becomes host code, the rest is interpreted. */
public final class JitAccelerator implements Accelerator {
    /** The name on the command line. */
    public static final String NAME = "jit";

    private final HostCode host;

    /**
     * Makes one.
     *
     * @param host without a {@link HostCode#problem() problem}
     */
    public JitAccelerator(HostCode host) {
        this.host = host;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        return new SoftVcpu(config, host);
    }
}
