package dev.veery.linux.abi;

/** {@code unistd.h}: standard descriptors and names of sysconf(3). Names and values are the header's. */
public final class Unistd {
    public static final int STDIN_FILENO = 0;
    public static final int STDOUT_FILENO = 1;
    public static final int STDERR_FILENO = 2;

    public static final int _SC_PAGESIZE = 0x1e;
    public static final int _SC_NPROCESSORS_ONLN = 0x54;
    public static final int _SC_PHYS_PAGES = 0x55;

    /** {@code sys/syscall.h}: the number of ioctl(2) on x86-64. */
    public static final int SYS_ioctl = 0x10;

    private Unistd() {}
}
