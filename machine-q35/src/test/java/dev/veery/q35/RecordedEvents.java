package dev.veery.q35;

import dev.veery.accel.Vcpu;
import dev.veery.model.Device;
import java.util.List;

/** Writes down what a machine's user hears. */
final class RecordedEvents implements MachineEvents {
    private final List<String> to;

    RecordedEvents(List<String> to) {
        this.to = to;
    }

    @Override
    public void poweredOff() {
        to.add("off");
    }

    @Override
    public void resetRequested() {
        to.add("reset");
    }

    @Override
    public void debugExit(int status) {
        to.add("exit " + status);
    }

    @Override
    public void guestPanicked() {
        to.add("panicked");
    }

    @Override
    public void deviceDeleted(Device device) {
        to.add("deleted " + device.id());
    }

    @Override
    public void tripleFault(Vcpu vcpu) {
        to.add("triple fault");
    }

    @Override
    public void engineFailed(Vcpu vcpu, Throwable cause) {
        to.add("failed " + cause);
    }
}
