package dev.veery.accel;

/** A way to run vCPUs. */
public interface Accelerator {
    /** The name on the command line. */
    String name();

    /** Makes a processor, stopped and in its reset state. Its local APIC is connected before it starts. */
    Vcpu createVcpu(VcpuConfig config);
}
