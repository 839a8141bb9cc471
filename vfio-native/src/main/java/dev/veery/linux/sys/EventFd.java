package dev.veery.linux.sys;

import dev.veery.linux.abi.Eventfd;
import dev.veery.memory.access.OffHeap;

/** eventfd(2): a counter in the kernel that wakes whoever polls it. */
public final class EventFd implements AutoCloseable {
    private static final int COUNTER_BYTES = 8;

    private final Fd fd;
    private final long counter = OffHeap.allocate(COUNTER_BYTES);
    private boolean closed;

    /** Makes a counter of 0, non-blocking. */
    public EventFd(String name) {
        int number = LibC.eventfd(0, Eventfd.EFD_CLOEXEC | Eventfd.EFD_NONBLOCK);
        if (number < 0) {
            throw SysException.last("eventfd", name);
        }
        fd = Fd.own(number, name);
    }

    /** The descriptor, readable while the counter is not 0. */
    public Fd fd() {
        return fd;
    }

    /** Adds one to the counter. */
    public void signal() {
        long buffer = OffHeap.allocate(COUNTER_BYTES);
        try {
            OffHeap.putLong(buffer, 1);
            fd.write(buffer, COUNTER_BYTES);
        } finally {
            OffHeap.free(buffer);
        }
    }

    /** Sets the counter to 0; for one thread. Whether it was not 0. */
    public boolean drain() {
        return fd.tryRead(counter, COUNTER_BYTES) == COUNTER_BYTES;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            fd.close();
            OffHeap.free(counter);
        }
    }
}
