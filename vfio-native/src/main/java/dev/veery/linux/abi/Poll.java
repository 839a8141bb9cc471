package dev.veery.linux.abi;

/** {@code poll.h}: poll(2). Names and values are the header's. */
public final class Poll {
    public static final int POLLIN = 1;
    public static final int POLLPRI = 2;
    public static final int POLLOUT = 4;
    public static final int POLLERR = 8;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;

    /** {@code sizeof(struct pollfd)}. */
    public static final int SIZEOF_POLLFD = 8;
    /** {@code offsetof(struct pollfd, events)}. */
    public static final int POLLFD_EVENTS = 4;
    /** {@code offsetof(struct pollfd, revents)}. */
    public static final int POLLFD_REVENTS = 6;

    private Poll() {}
}
