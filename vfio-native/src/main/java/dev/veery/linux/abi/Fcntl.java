package dev.veery.linux.abi;

/** {@code fcntl.h}: flags of open(2) and commands of fcntl(2). Names and values are the header's. */
public final class Fcntl {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_NOCTTY = 0x100;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DSYNC = 0x1000;
    public static final int O_DIRECT = 0x4000;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_DIRECTORY = 0x10000;

    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_DUPFD_CLOEXEC = 0x406;
    public static final int F_ADD_SEALS = 0x409;
    public static final int F_GET_SEALS = 0x40a;
    public static final int F_SEAL_SEAL = 1;
    public static final int F_SEAL_SHRINK = 2;
    public static final int F_SEAL_GROW = 4;
    public static final int FD_CLOEXEC = 1;

    /** {@code linux/falloc.h}: modes of fallocate(2). */
    public static final int FALLOC_FL_KEEP_SIZE = 1;

    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    public static final int FALLOC_FL_ZERO_RANGE = 16;

    /** Locks of an open file; {@code F_OFD_*} need {@code _GNU_SOURCE}. */
    public static final int F_OFD_GETLK = 36;

    public static final int F_OFD_SETLK = 37;
    public static final int F_RDLCK = 0;
    public static final int F_WRLCK = 1;
    public static final int F_UNLCK = 2;

    /** A lock, which counts from the file's start when the other members are 0. */
    @CExpression("sizeof(struct flock)")
    public static final int SIZEOF_FLOCK = 32;

    @CExpression("offsetof(struct flock, l_type)")
    public static final int FLOCK_TYPE = 0;

    @CExpression("offsetof(struct flock, l_start)")
    public static final int FLOCK_START = 8;

    @CExpression("offsetof(struct flock, l_len)")
    public static final int FLOCK_LEN = 16;

    private Fcntl() {}
}
