package dev.veery.net;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Between a network and its card: writes what passes into a file, once each. */
final class DumpNet implements NetBackend, NetFrontend {
    private final NetBackend net;
    private final PcapFile file;
    private final FramePieces received = new FramePieces();
    private @Nullable NetFrontend card;
    private boolean closed;

    DumpNet(NetBackend net, PcapFile file) {
        this.net = net;
        this.file = file;
    }

    @Override
    public void connect(NetFrontend frontend) {
        card = frontend;
        net.connect(this);
    }

    @Override
    public boolean send(FramePieces frame) {
        return send(0, frame);
    }

    @Override
    public boolean send(int queue, FramePieces frame) {
        boolean done = net.send(queue, frame);
        if (done) {
            record(frame);
        }
        return done;
    }

    @Override
    public boolean receive(long host, int length) {
        boolean done = Objects.requireNonNull(card, "not connected").receive(host, length);
        if (done) {
            received.clear();
            received.add(host, length);
            record(received);
        }
        return done;
    }

    private void record(FramePieces frame) {
        // A network that is being closed may still deliver a last frame.
        if (!closed) {
            file.write(frame);
        }
    }

    @Override
    public void sendable() {
        Objects.requireNonNull(card, "not connected").sendable();
    }

    @Override
    public void resume() {
        net.resume();
    }

    @Override
    public void close() {
        net.close();
        if (!closed) {
            closed = true;
            file.close();
        }
    }
}
