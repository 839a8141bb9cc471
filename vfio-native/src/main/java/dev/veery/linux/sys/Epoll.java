package dev.veery.linux.sys;

import dev.veery.linux.abi.Epolls;
import dev.veery.linux.abi.Errno;
import dev.veery.memory.access.OffHeap;

/** epoll(7): descriptors, each with a token, that one thread awaits while others add and remove. */
public final class Epoll implements AutoCloseable {
    private static final int BATCH = 64;

    private final Fd fd;
    private final long events = OffHeap.allocate((long) BATCH * Epolls.SIZEOF_EPOLL_EVENT);

    /** Makes an empty set. */
    public Epoll(String name) {
        int number = LibC.epoll_create1(Epolls.EPOLL_CLOEXEC);
        if (number < 0) {
            throw SysException.last("epoll_create1", name);
        }
        fd = Fd.own(number, name);
    }

    /** Awaits input of {@code watched}; {@code token} is what {@link #await} answers. */
    public void add(Fd watched, int token) {
        control(Epolls.EPOLL_CTL_ADD, watched, token);
    }

    /** Awaits it no more; to be called before it is closed. */
    public void remove(Fd watched) {
        control(Epolls.EPOLL_CTL_DEL, watched, 0);
    }

    private void control(int operation, Fd watched, int token) {
        long event = OffHeap.allocate(Epolls.SIZEOF_EPOLL_EVENT);
        try {
            OffHeap.putInt(event, Epolls.EPOLLIN);
            OffHeap.putLong(event + Epolls.EPOLL_EVENT_DATA, token);
            if (LibC.epoll_ctl(fd.number(), operation, watched.number(), event) < 0) {
                throw SysException.last("epoll_ctl", watched.name());
            }
        } finally {
            OffHeap.free(event);
        }
    }

    /**
     * Waits until something is there. For one thread; allocates nothing.
     *
     * @param tokens filled in with those of ready descriptors
     * @return how many
     */
    public int await(int[] tokens) {
        while (true) {
            int ready = LibC.epoll_wait(fd.number(), events, Math.min(tokens.length, BATCH), -1);
            if (ready >= 0) {
                for (int i = 0; i < ready; i++) {
                    tokens[i] = OffHeap.getInt(events + (long) i * Epolls.SIZEOF_EPOLL_EVENT + Epolls.EPOLL_EVENT_DATA);
                }
                return ready;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw SysException.last("epoll_wait", fd.name());
            }
        }
    }

    /** Comes after the last {@link #await}. */
    @Override
    public void close() {
        fd.close();
        OffHeap.free(events);
    }
}
