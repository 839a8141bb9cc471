package dev.veery.accel;

import dev.veery.cpu.state.CpuSupport;
import org.jspecify.annotations.Nullable;

/** A way to run vCPUs. */
public interface Accelerator {
    /** The name on the command line. */
    String name();

    /** What its processors can be, for {@link dev.veery.cpu.state.CpuModels}. */
    default CpuSupport cpuSupport() {
        return CpuSupport.SOFTWARE;
    }

    /**
     * The interrupt controllers inside the accelerator, which the board uses in place of its own; null if there are none.
     * Asked before the first processor is made.
     */
    default @Nullable Irqchip irqchip() {
        return null;
    }

    /** What the processors of the machine made last have counted; null if nothing is counted. Any thread. */
    default @Nullable EngineStatistics statistics() {
        return null;
    }

    /**
     * Makes a processor, stopped and in its reset state. Its local APIC is connected before it starts, unless {@link
     * #irqchip} has it.
     */
    Vcpu createVcpu(VcpuConfig config);
}
