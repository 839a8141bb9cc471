package dev.veery.runtime;

import dev.veery.base.MachineLock;
import dev.veery.config.IcountOptions;
import dev.veery.time.HostClock;
import dev.veery.time.InstructionClock;
import dev.veery.time.VirtualClock;
import org.jspecify.annotations.Nullable;

/** The clock of a machine: one that runs with the host, or one that runs with instructions. */
final class MachineTime implements AutoCloseable {
    private final @Nullable HostClock host;
    private final @Nullable InstructionClock instructions;
    private final VirtualClock clock;

    private MachineTime(HostClock clock) {
        host = clock;
        instructions = null;
        this.clock = clock;
    }

    private MachineTime(InstructionClock clock) {
        host = null;
        instructions = clock;
        this.clock = clock;
    }

    /**
     * Makes it.
     *
     * @param icount how time runs with instructions, or null
     * @param onFailure called when a timer on a thread of the clock's own throws
     */
    static MachineTime of(@Nullable IcountOptions icount, MachineLock lock, Thread.UncaughtExceptionHandler onFailure) {
        return icount == null
                ? new MachineTime(HostClock.start(lock, onFailure))
                : new MachineTime(new InstructionClock(lock, icount.shift(), icount.sleep()));
    }

    VirtualClock clock() {
        return clock;
    }

    /** The clock if it runs with instructions, else null. */
    @Nullable
    InstructionClock instructions() {
        return instructions;
    }

    /** Stops time, whose processors have been stopped. */
    void pause() {
        if (host != null) {
            host.pause();
        }
    }

    @Override
    public void close() {
        if (host != null) {
            host.close();
        }
    }
}
