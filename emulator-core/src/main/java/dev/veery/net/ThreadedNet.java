package dev.veery.net;

import dev.veery.base.MachineLock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A network with a thread that reads frames without the machine lock, as they come, and takes it to deliver them. */
public abstract class ThreadedNet implements NetBackend {
    protected static final Logger LOG = LoggerFactory.getLogger("dev.veery.net");

    protected final String id;
    private final MachineLock lock;
    private final Thread thread;

    /** Guards {@link #roomAgain}; held only for a moment. */
    private final Object monitor = new Object();

    private boolean roomAgain;
    private boolean released;
    private volatile boolean closed;
    private @Nullable NetFrontend frontend;

    /** The network named {@code id}. */
    protected ThreadedNet(String id, MachineLock lock) {
        this.id = id;
        this.lock = lock;
        thread = new Thread(this::run, "veery-net-" + id);
        thread.setDaemon(true);
    }

    /** Reads and delivers until the other side is gone or the network is {@link #closed}; on the thread. */
    protected abstract void receive() throws IOException;

    /** Ends a wait of {@link #receive}'s; with the machine lock held, and not after {@link #release}. */
    protected abstract void wake();

    /** Closes descriptors and frees memory; once, with the machine lock held, after the last use of either. */
    protected abstract void release() throws IOException;

    /** Whether {@link #receive} is to return. */
    protected final boolean closed() {
        return closed;
    }

    /** Whether the network may not be used any more; with the machine lock held. */
    protected final boolean released() {
        return released;
    }

    @Override
    public final void connect(NetFrontend to) {
        frontend = to;
        thread.start();
    }

    private void run() {
        try {
            receive();
        } catch (IOException e) {
            LOG.warn("network '{}' ends: {}", id, e.toString());
        } finally {
            locked(this::releaseOnce);
        }
    }

    private void releaseOnce() {
        if (!released) {
            released = true;
            try {
                release();
            } catch (IOException e) {
                LOG.info("network '{}': {}", id, e.toString());
            }
        }
    }

    /** Hands a frame over; waits until there is room. On the thread, without the machine lock. */
    protected final void deliver(long host, int length) {
        while (!closed) {
            lock.lock();
            try {
                synchronized (monitor) {
                    roomAgain = false;
                }
                NetFrontend to = frontend;
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
    protected final void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** Frames that could not be sent can be now; with the machine lock held. */
    protected final void sendable() {
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
        locked(() -> {
            // The thread may be at its end already, as the other side is gone.
            if (thread.isAlive() && !released) {
                wake();
            } else {
                releaseOnce();
            }
        });
    }
}
