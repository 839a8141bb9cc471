package dev.veery.accel;

import dev.veery.cpu.state.ExecutionTrace;

/** What a vCPU tells its machine. Called on the vCPU's thread, without the machine lock. */
public interface VcpuListener {
    /** The processor shut down after a triple fault; it executes nothing until it is reset. */
    void tripleFault(Vcpu vcpu);

    /** Who is told what the processor does; asked once. */
    default ExecutionTrace trace() {
        return ExecutionTrace.NONE;
    }

    /** The processor met what {@link Vcpu#setDebug} asked for. Its thread ends, as if a stop had been requested. */
    default void debugged(Vcpu vcpu, DebugStop stop) {}

    /** The engine itself failed: a defect of ours. The vCPU's thread ends. */
    void failed(Vcpu vcpu, Throwable cause);
}
