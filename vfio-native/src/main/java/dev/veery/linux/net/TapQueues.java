package dev.veery.linux.net;

import dev.veery.net.FramePieces;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import java.util.List;

/**
 * Several queues of one tap interface. The kernel delivers a connection in the queue that last sent of it, as a card with
 * several queues does.
 */
final class TapQueues implements NetBackend {
    private final NetBackend[] queues;

    TapQueues(List<NetBackend> queues) {
        this.queues = queues.toArray(new NetBackend[0]);
    }

    @Override
    public void connect(NetFrontend frontend) {
        for (NetBackend queue : queues) {
            queue.connect(frontend);
        }
    }

    @Override
    public boolean send(FramePieces frame) {
        return queues[0].send(frame);
    }

    @Override
    public boolean send(int queue, FramePieces frame) {
        return queues[queue % queues.length].send(frame);
    }

    @Override
    public void resume() {
        for (NetBackend queue : queues) {
            queue.resume();
        }
    }

    @Override
    public void close() {
        for (NetBackend queue : queues) {
            queue.close();
        }
    }
}
