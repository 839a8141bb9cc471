package dev.veery.net;

import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network over channels of the JVM: a thread that waits for them, reads without the machine lock, and takes it to deliver.
 */
abstract class ChannelNet implements NetBackend {
    static final Logger LOG = LoggerFactory.getLogger("dev.veery.net");

    private final MachineLock lock;
    private final Thread thread;
    final String id;
    final Selector selector;

    /** Guards {@link #roomAgain}; held only for a moment. */
    private final Object monitor = new Object();

    private boolean roomAgain;
    private boolean released;
    private volatile boolean closed;
    private @Nullable NetFrontend frontend;

    ChannelNet(String id, MachineLock lock) throws IOException {
        this.id = id;
        this.lock = lock;
        selector = Selector.open();
        thread = new Thread(this::run, "veery-net-" + id);
        thread.setDaemon(true);
    }

    /** After how many milliseconds {@link #ready} is called though no channel is; 0 for never. */
    long patienceMillis() {
        return 0;
    }

    /** A channel is ready; on the thread, without the machine lock. */
    abstract void ready() throws IOException;

    /** Closes the channels and frees memory; once, with the machine lock held, after the last use of either. */
    abstract void closeChannels();

    private void release() {
        lock.lock();
        try {
            if (!released) {
                released = true;
                closeChannels();
                selector.close();
            }
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final void connect(NetFrontend to) {
        frontend = to;
        thread.start();
    }

    private void run() {
        try {
            while (!closed) {
                selector.select(patienceMillis());
                if (!closed) {
                    ready();
                }
            }
        } catch (ClosedSelectorException e) {
            assert closed;
        } catch (IOException e) {
            LOG.warn("network '{}' ends: {}", id, e.toString());
        } finally {
            release();
        }
    }

    /** Hands a frame over; waits until there is room. On the thread, without the machine lock. */
    final void deliver(long host, int length) {
        while (!closed) {
            lock.lock();
            try {
                NetFrontend to = frontend;
                synchronized (monitor) {
                    roomAgain = false;
                }
                if (to == null || to.receive(host, length)) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            awaitRoom();
        }
    }

    private void awaitRoom() {
        synchronized (monitor) {
            while (!roomAgain && !closed) {
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
        }
    }

    /** Runs with the machine lock. */
    final void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    final void sendable() {
        NetFrontend to = frontend;
        if (to != null) {
            to.sendable();
        }
    }

    @Override
    public final void resume() {
        synchronized (monitor) {
            roomAgain = true;
            monitor.notifyAll();
        }
    }

    @Override
    public final void close() {
        closed = true;
        resume();
        selector.wakeup();
        if (!thread.isAlive()) {
            release();
        }
    }

    /** Whether the network may not be used any more. */
    final boolean released() {
        return released;
    }

    /** Memory until {@link OffHeap#free}. */
    static long memory(int bytes) {
        return OffHeap.allocateUninitialized(bytes, 64);
    }
}
