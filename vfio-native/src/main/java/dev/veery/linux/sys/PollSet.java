package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Poll;
import dev.veery.memory.access.OffHeap;

/** A fixed set of descriptors for poll(2). For one thread. */
public final class PollSet implements AutoCloseable {
    private final int count;
    private long pollfds;

    /** Makes a set; {@code events[i]}, {@code POLL*} of {@link Poll}, are awaited on {@code fds[i]}. */
    public PollSet(Fd[] fds, int[] events) {
        count = fds.length;
        pollfds = OffHeap.allocate((long) count * Poll.SIZEOF_POLLFD);
        for (int i = 0; i < count; i++) {
            OffHeap.putInt(entry(i), fds[i].number());
            OffHeap.putShort(entry(i) + Poll.POLLFD_EVENTS, events[i]);
        }
    }

    private long entry(int i) {
        return pollfds + (long) i * Poll.SIZEOF_POLLFD;
    }

    /**
     * Waits until one is ready.
     *
     * @param timeoutMillis -1 waits for ever
     * @return how many are ready, 0 after the time
     */
    public int await(int timeoutMillis) {
        while (true) {
            int ready = LibC.poll(pollfds, count, timeoutMillis);
            if (ready >= 0) {
                return ready;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw SysException.last("poll", "");
            }
        }
    }

    /** What the last {@link #await} found on descriptor {@code i}: {@code POLL*}, errors and hang-up included. */
    public int ready(int i) {
        return OffHeap.getShort(entry(i) + Poll.POLLFD_REVENTS);
    }

    @Override
    public void close() {
        if (pollfds != 0) {
            OffHeap.free(pollfds);
            pollfds = 0;
        }
    }
}
