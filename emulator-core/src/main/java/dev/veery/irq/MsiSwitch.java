package dev.veery.irq;

import java.util.ArrayList;
import java.util.List;

/** Lets senders of messages be wired before it is known who will receive them. */
public final class MsiSwitch implements MsiSink {
    private MsiSink target;
    private final List<Runnable> listeners = new ArrayList<>();

    /** Sends to {@code target} for now. */
    public MsiSwitch(MsiSink target) {
        this.target = target;
        target.onRemapped(this::remapped);
    }

    /** Sends to {@code next} from now on. */
    public void connect(MsiSink next) {
        target = next;
        next.onRemapped(this::remapped);
        remapped();
    }

    private void remapped() {
        listeners.forEach(Runnable::run);
    }

    @Override
    public boolean resolve(int requesterId, long address, int data, ApicMessage out) {
        return target.resolve(requesterId, address, data, out);
    }

    @Override
    public void onRemapped(Runnable changed) {
        listeners.add(changed);
    }

    @Override
    public void send(int requesterId, long address, int data) {
        target.send(requesterId, address, data);
    }
}
