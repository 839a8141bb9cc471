package dev.veery.linux.abi;

/** {@code termios.h}: termios(3), as the C library lays it out. Names and values are the header's. */
public final class Termios {
    public static final int IGNBRK = 1;
    public static final int BRKINT = 2;
    public static final int IGNPAR = 4;
    public static final int PARMRK = 8;
    public static final int INPCK = 0x10;
    public static final int ISTRIP = 0x20;
    public static final int INLCR = 0x40;
    public static final int IGNCR = 0x80;
    public static final int ICRNL = 0x100;
    public static final int IXON = 0x400;
    public static final int IXANY = 0x800;
    public static final int IXOFF = 0x1000;

    public static final int OPOST = 1;
    public static final int ONLCR = 4;

    public static final int CSIZE = 0x30;
    public static final int CS8 = 0x30;
    public static final int PARENB = 0x100;

    public static final int ISIG = 1;
    public static final int ICANON = 2;
    public static final int ECHO = 8;
    public static final int ECHOE = 0x10;
    public static final int ECHOK = 0x20;
    public static final int ECHONL = 0x40;
    public static final int NOFLSH = 0x80;
    public static final int TOSTOP = 0x100;
    public static final int IEXTEN = 0x8000;

    public static final int VTIME = 5;
    public static final int VMIN = 6;
    public static final int NCCS = 0x20;

    public static final int TCSANOW = 0;
    public static final int TCSADRAIN = 1;
    public static final int TCSAFLUSH = 2;

    /** {@code sizeof(struct termios)}. */
    public static final int SIZEOF_TERMIOS = 60;
    /** {@code offsetof(struct termios, c_iflag)}. */
    public static final int TERMIOS_IFLAG = 0;
    /** {@code offsetof(struct termios, c_oflag)}. */
    public static final int TERMIOS_OFLAG = 4;
    /** {@code offsetof(struct termios, c_cflag)}. */
    public static final int TERMIOS_CFLAG = 8;
    /** {@code offsetof(struct termios, c_lflag)}. */
    public static final int TERMIOS_LFLAG = 12;
    /** {@code offsetof(struct termios, c_cc)}. */
    public static final int TERMIOS_CC = 17;

    private Termios() {}
}
