package dev.veery.linux.abi;

/** {@code unistd.h}: standard descriptors and names of sysconf(3). Names and values are the header's. */
public final class Unistd {
    public static final int STDIN_FILENO = 0;
    public static final int STDOUT_FILENO = 1;
    public static final int STDERR_FILENO = 2;

    public static final int _SC_PAGESIZE = 0x1e;
    public static final int _SC_NPROCESSORS_ONLN = 0x54;
    public static final int _SC_PHYS_PAGES = 0x55;

    /** {@code sys/syscall.h}: numbers on x86-64. */
    public static final int SYS_ioctl = 0x10;

    public static final int SYS_preadv = 0x127;
    public static final int SYS_pwritev = 0x128;

    /** {@code sys/uio.h}: a piece of memory. */
    @CExpression("sizeof(struct iovec)")
    public static final int SIZEOF_IOVEC = 16;

    @CExpression("offsetof(struct iovec, iov_base)")
    public static final int IOVEC_BASE = 0;

    @CExpression("offsetof(struct iovec, iov_len)")
    public static final int IOVEC_LEN = 8;

    private Unistd() {}
}
