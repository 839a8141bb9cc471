package dev.veery.net;

import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.channels.Selector;

/** A network over channels of the JVM. */
abstract class ChannelNet extends ThreadedNet {
    final Selector selector;

    ChannelNet(String id, MachineLock lock) throws IOException {
        super(id, lock);
        selector = Selector.open();
    }

    /** After how many milliseconds {@link #ready} is called though no channel is; 0 for never. */
    long patienceMillis() {
        return 0;
    }

    /** A channel is ready; on the thread, without the machine lock. */
    abstract void ready() throws IOException;

    /** Closes the channels and frees memory; as {@link #release}. */
    abstract void closeChannels();

    @Override
    protected final void receive() throws IOException {
        while (!closed()) {
            selector.select(patienceMillis());
            if (!closed()) {
                ready();
            }
        }
    }

    @Override
    protected final void wake() {
        selector.wakeup();
    }

    @Override
    protected final void release() throws IOException {
        closeChannels();
        selector.close();
    }

    /** Memory until {@link OffHeap#free}. */
    static long memory(int bytes) {
        return OffHeap.allocateUninitialized(bytes, 64);
    }
}
