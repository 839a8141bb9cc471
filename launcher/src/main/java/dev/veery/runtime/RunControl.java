package dev.veery.runtime;

import dev.veery.accel.Vcpu;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.q35.MachineEvents;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** What happens to a running machine, handed from the threads on which it happens to the one that reacts. */
final class RunControl implements MachineEvents {
    /** The kinds of event. */
    enum Kind {
        /** The user, or a signal, ends the program. */
        QUIT,
        POWER_OFF,
        RESET,
        DEBUG_EXIT,
        PANIC,
        TRIPLE_FAULT,
        ENGINE_FAILED
    }

    /**
     * One event.
     *
     * @param status of {@link Kind#DEBUG_EXIT}
     * @param vcpu the processor it happened to, if any
     * @param cause of {@link Kind#ENGINE_FAILED}
     */
    record Event(
            Kind kind,
            int status,
            @Nullable Vcpu vcpu,
            @Nullable Throwable cause) {}

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final ExecutionTrace trace;

    RunControl(ExecutionTrace trace) {
        this.trace = trace;
    }

    /** Waits for the next event. */
    Event take() throws InterruptedException {
        return events.take();
    }

    /** Ends the program in order; any thread, returns at once. */
    void quit() {
        post(Kind.QUIT);
    }

    /** A thread of the machine other than a processor's failed: a defect of ours. */
    void failed(Throwable cause) {
        events.add(new Event(Kind.ENGINE_FAILED, 0, null, cause));
    }

    /** Forgets requests for a reset that is being carried out. */
    void discardResets() {
        events.removeIf(event -> event.kind() == Kind.RESET || event.kind() == Kind.TRIPLE_FAULT);
    }

    private void post(Kind kind) {
        events.add(new Event(kind, 0, null, null));
    }

    @Override
    public void poweredOff() {
        post(Kind.POWER_OFF);
    }

    @Override
    public void resetRequested() {
        post(Kind.RESET);
    }

    @Override
    public void debugExit(int status) {
        events.add(new Event(Kind.DEBUG_EXIT, status, null, null));
    }

    @Override
    public void guestPanicked() {
        post(Kind.PANIC);
    }

    @Override
    public void tripleFault(Vcpu vcpu) {
        events.add(new Event(Kind.TRIPLE_FAULT, 0, vcpu, null));
    }

    @Override
    public void engineFailed(Vcpu vcpu, Throwable cause) {
        events.add(new Event(Kind.ENGINE_FAILED, 0, vcpu, cause));
    }

    @Override
    public ExecutionTrace trace() {
        return trace;
    }
}
