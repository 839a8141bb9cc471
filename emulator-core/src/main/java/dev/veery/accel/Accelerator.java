package dev.veery.accel;

import dev.veery.cpu.state.CpuSupport;

/** A way to run vCPUs. */
public interface Accelerator {
    /** The name on the command line. */
    String name();

    /** What its processors can be, for {@link dev.veery.cpu.state.CpuModels}. */
    default CpuSupport cpuSupport() {
        return CpuSupport.SOFTWARE;
    }

    /** Makes a processor, stopped and in its reset state. Its local APIC is connected before it starts. */
    Vcpu createVcpu(VcpuConfig config);
}
