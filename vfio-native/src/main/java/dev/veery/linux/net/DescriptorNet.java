package dev.veery.linux.net;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Poll;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.PollSet;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network behind a descriptor that does not block. A thread reads without the machine lock, as frames come, and takes it to
 * deliver.
 */
abstract class DescriptorNet implements NetBackend {
    static final Logger LOG = LoggerFactory.getLogger("dev.veery.net");

    final String id;
    final Fd fd;

    /** For the subclass, until the network is closed. */
    final long memory;

    private final MachineLock lock;
    private final EventFd wake;
    private final Thread thread;

    /** Guards {@link #roomAgain}. */
    private final Object monitor = new Object();

    private boolean roomAgain;
    private volatile boolean closed;
    private volatile boolean writing;
    private boolean released;
    private @Nullable NetFrontend frontend;

    /** With {@code bytes} of memory. */
    DescriptorNet(String id, Fd fd, long bytes, MachineLock lock) {
        this.id = id;
        this.fd = fd;
        this.lock = lock;
        wake = new EventFd("net " + id);
        memory = OffHeap.allocateUninitialized(bytes, 64);
        thread = new Thread(this::run, "veery-net-" + id);
        thread.setDaemon(true);
    }

    /** There may be something to read; on the thread, without the machine lock. False at the end. */
    abstract boolean received();

    /** There may be room to write; with the machine lock held. */
    void writable() {}

    /** The descriptor is about to be closed; with the machine lock held. */
    void ending() {}

    /** Whether the thread is to wait for room to write as well; with the machine lock held. */
    final void awaitWritable(boolean wanted) {
        if (wanted != writing) {
            writing = wanted;
            wake.signal();
        }
    }

    /** Whether the network may not be used any more. */
    final boolean released() {
        return released;
    }

    final void sendable() {
        NetFrontend to = frontend;
        if (to != null) {
            to.sendable();
        }
    }

    /** Reads, as {@link Fd#read}; -1 if there is nothing, or nobody who sends. */
    final long read(long buffer, long count) {
        try {
            return fd.read(buffer, count);
        } catch (SysException e) {
            if (e.errno() != Errno.EAGAIN && e.errno() != Errno.ECONNREFUSED) {
                throw e;
            }
            return -1;
        }
    }

    @Override
    public final void connect(NetFrontend to) {
        frontend = to;
        thread.start();
    }

    private void run() {
        Fd[] fds = {fd, wake.fd()};
        try (PollSet reading = new PollSet(fds, new int[] {Poll.POLLIN, Poll.POLLIN});
                PollSet both = new PollSet(fds, new int[] {Poll.POLLIN | Poll.POLLOUT, Poll.POLLIN})) {
            boolean open = true;
            while (open && !closed) {
                PollSet poll = writing ? both : reading;
                poll.await(-1);
                if (poll.ready(1) != 0) {
                    wake.drain();
                }
                if (!closed && (poll.ready(0) & Poll.POLLOUT) != 0) {
                    withLock(this::writable);
                }
                if (!closed && (poll.ready(0) & ~Poll.POLLOUT) != 0) {
                    open = received();
                }
            }
        } catch (SysException e) {
            LOG.warn("network '{}' ends: {}", id, e.getMessage());
        } finally {
            release();
        }
    }

    private void withLock(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** Hands a frame over; waits until there is room. On the thread, without the machine lock. */
    final void deliver(long host, int length) {
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
        lock.lock();
        try {
            // Its thread may be at its end already, as the other side is gone.
            if (thread.isAlive() && !released) {
                wake.signal();
            } else {
                release();
            }
        } finally {
            lock.unlock();
        }
    }

    private void release() {
        lock.lock();
        try {
            if (!released) {
                released = true;
                ending();
                fd.close();
                wake.close();
                OffHeap.free(memory);
            }
        } finally {
            lock.unlock();
        }
    }
}
