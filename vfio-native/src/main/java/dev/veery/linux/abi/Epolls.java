package dev.veery.linux.abi;

/** {@code sys/epoll.h}: epoll(7). Names and values are the header's; its structure is packed on x86-64. */
public final class Epolls {
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CLOEXEC = 0x80000;
    public static final int EPOLLIN = 1;

    @CExpression("sizeof(struct epoll_event)")
    public static final int SIZEOF_EPOLL_EVENT = 12;

    @CExpression("offsetof(struct epoll_event, data)")
    public static final int EPOLL_EVENT_DATA = 4;

    private Epolls() {}
}
