package dev.veery.irq;

/** Lets senders of messages be wired before it is known who will receive them. */
public final class MsiSwitch implements MsiSink {
    private MsiSink target;

    /** Sends to {@code target} for now. */
    public MsiSwitch(MsiSink target) {
        this.target = target;
    }

    /** Sends to {@code next} from now on. */
    public void connect(MsiSink next) {
        target = next;
    }

    @Override
    public void send(int requesterId, long address, int data) {
        target.send(requesterId, address, data);
    }
}
