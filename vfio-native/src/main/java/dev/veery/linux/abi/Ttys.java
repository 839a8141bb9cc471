package dev.veery.linux.abi;

/** {@code asm/ioctls.h}: ioctl_tty(2). Names and values are the header's. */
public final class Ttys {
    public static final long TIOCGWINSZ = 0x5413;
    public static final long TIOCSPTLCK = 0x40045431;
    public static final long TIOCGPTN = 0x80045430L;

    private Ttys() {}
}
