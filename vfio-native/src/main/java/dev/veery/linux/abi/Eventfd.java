package dev.veery.linux.abi;

/** {@code sys/eventfd.h}: eventfd(2). Names and values are the header's. */
public final class Eventfd {
    public static final int EFD_SEMAPHORE = 1;
    public static final int EFD_NONBLOCK = 0x800;
    public static final int EFD_CLOEXEC = 0x80000;

    private Eventfd() {}
}
