package dev.veery.q35;

import dev.veery.accel.DebugStop;
import dev.veery.accel.Vcpu;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.model.Device;

/**
 * What happens to a machine as a whole. Called on a vCPU's or the timer's thread, perhaps with the machine lock held; the
 * machine has already been asked to stop, and the listener only notes what is to be done and returns.
 */
public interface MachineEvents {
    /** The guest switched itself off. */
    void poweredOff();

    /** The guest asked for a reset: {@link Q35Machine#reset} is to be called from another thread. */
    void resetRequested();

    /** The guest ended the program with this status, by isa-debug-exit. */
    void debugExit(int status);

    /** The guest's kernel panicked; the machine goes on unless it is stopped. */
    void guestPanicked();

    /** A device that was asked to go, or that the guest let go by itself, is gone. */
    default void deviceDeleted(Device device) {}

    /** A processor shut down. */
    void tripleFault(Vcpu vcpu);

    /** A processor's engine failed: a defect of ours. */
    void engineFailed(Vcpu vcpu, Throwable cause);

    /** Who is told what the processors do; asked once a processor. */
    default ExecutionTrace trace() {
        return ExecutionTrace.NONE;
    }

    /** A processor met what a debugger asked it for; all are stopping. */
    default void debugged(Vcpu vcpu, DebugStop stop) {}
}
