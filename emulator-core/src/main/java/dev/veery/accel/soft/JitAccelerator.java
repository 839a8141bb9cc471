package dev.veery.accel.soft;

import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.jit.HostFeatures;
import dev.veery.cpu.state.CpuSupport;
import dev.veery.hostcode.HostCode;

/** The translator as an accelerator: 64-bit guest code that runs often becomes host code, the rest is interpreted. */
public final class JitAccelerator extends SoftAccelerator {
    /** The name on the command line. */
    public static final String NAME = "jit";

    /** Runs of a block in the interpreter before it is translated: most code of a boot runs less often. */
    private static final int HOT = 10;

    private final HostCode host;
    private final int hot;

    /**
     * Makes one.
     *
     * @param host without a {@link HostCode#problem() problem}
     */
    public JitAccelerator(HostCode host) {
        this(host, HOT, SoftOptions.plain());
    }

    /**
     * Makes one.
     *
     * @param host without a {@link HostCode#problem() problem}
     */
    public JitAccelerator(HostCode host, SoftOptions options) {
        this(host, HOT, options);
    }

    /**
     * Makes one that translates earlier or later than usual.
     *
     * @param host without a {@link HostCode#problem() problem}
     * @param hot runs of a block before it is translated, at least 1
     */
    public JitAccelerator(HostCode host, int hot) {
        this(host, hot, SoftOptions.plain());
    }

    /**
     * Makes one that translates earlier or later than usual.
     *
     * @param host without a {@link HostCode#problem() problem}
     * @param hot runs of a block before it is translated, at least 1
     */
    public JitAccelerator(HostCode host, int hot, SoftOptions options) {
        super(options);
        this.host = host;
        this.hot = hot;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public CpuSupport cpuSupport() {
        return new HostGuard(HostFeatures.of(host));
    }

    @Override
    public Vcpu createVcpu(VcpuConfig config) {
        return new SoftVcpu(config, group(config.ram()), options(), host, hot);
    }
}
