package dev.veery.linux.net;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Poll;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.PollSet;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.ThreadedNet;

/** A network behind a descriptor that does not block. */
abstract class DescriptorNet extends ThreadedNet {
    final Fd fd;

    /** For the subclass, until the network is closed. */
    final long memory;

    private final EventFd wake;
    private volatile boolean writing;

    /** With {@code bytes} of memory. */
    DescriptorNet(String id, Fd fd, long bytes, MachineLock lock) {
        super(id, lock);
        this.fd = fd;
        wake = new EventFd("net " + id);
        memory = OffHeap.allocateUninitialized(bytes, 64);
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
    protected final void receive() {
        Fd[] fds = {fd, wake.fd()};
        try (PollSet reading = new PollSet(fds, new int[] {Poll.POLLIN, Poll.POLLIN});
                PollSet both = new PollSet(fds, new int[] {Poll.POLLIN | Poll.POLLOUT, Poll.POLLIN})) {
            boolean open = true;
            while (open && !closed()) {
                PollSet poll = writing ? both : reading;
                poll.await(-1);
                if (poll.ready(1) != 0) {
                    wake.drain();
                }
                if (!closed() && (poll.ready(0) & Poll.POLLOUT) != 0) {
                    locked(this::writable);
                }
                if (!closed() && (poll.ready(0) & ~Poll.POLLOUT) != 0) {
                    open = received();
                }
            }
        } catch (SysException e) {
            LOG.warn("network '{}' ends: {}", id, e.getMessage());
        }
    }

    @Override
    protected final void wake() {
        wake.signal();
    }

    @Override
    protected final void release() {
        ending();
        fd.close();
        wake.close();
        OffHeap.free(memory);
    }
}
