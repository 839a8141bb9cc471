package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Unistd;
import dev.veery.memory.access.OffHeap;

/**
 * An open file descriptor with a name for messages. Buffers are host addresses; the caller vouches for them. Calls that a
 * signal interrupted are repeated. May be used by several threads; {@link #close} must come after their last call, because
 * the kernel gives the number to the next file at once.
 */
public final class Fd implements AutoCloseable {
    private final int number;
    private final String name;
    private final boolean owned;
    private boolean closed;

    private Fd(int number, String name, boolean owned) {
        this.number = number;
        this.name = name;
        this.owned = owned;
    }

    /**
     * Opens a file, close-on-exec.
     *
     * @param flags {@code O_*} of {@link Fcntl}
     * @param mode permission bits for {@code O_CREAT}, before the umask
     */
    public static Fd open(String path, int flags, int mode) {
        while (true) {
            int fd = LibC.open(path, flags | Fcntl.O_CLOEXEC, mode);
            if (fd >= 0) {
                return new Fd(fd, path, true);
            }
            retryOrThrow("open", path);
        }
    }

    /** Takes over a descriptor that a call returned. */
    static Fd own(int number, String name) {
        return new Fd(number, name, true);
    }

    /** Takes over a descriptor that this process was started with. */
    public static Fd inherited(int number) {
        return new Fd(number, "descriptor " + number, true);
    }

    /** Standard input; {@link #close} leaves it open. */
    public static Fd standardInput() {
        return new Fd(Unistd.STDIN_FILENO, "standard input", false);
    }

    /** Standard output; {@link #close} leaves it open. */
    public static Fd standardOutput() {
        return new Fd(Unistd.STDOUT_FILENO, "standard output", false);
    }

    /** The descriptor's number. */
    public int number() {
        return number;
    }

    /** What messages call it. */
    public String name() {
        return name;
    }

    /** Reads up to {@code count} bytes; 0 at the end of the file. */
    public long read(long buffer, long count) {
        while (true) {
            long n = LibC.read(number, buffer, count);
            if (n >= 0) {
                return n;
            }
            retryOrThrow("read", name);
        }
    }

    /** Writes up to {@code count} bytes and says how many. */
    public long write(long buffer, long count) {
        while (true) {
            long n = LibC.write(number, buffer, count);
            if (n >= 0) {
                return n;
            }
            retryOrThrow("write", name);
        }
    }

    /** Reads up to {@code count} bytes at {@code offset}; 0 at the end of the file. */
    public long pread(long buffer, long count, long offset) {
        while (true) {
            long n = LibC.pread(number, buffer, count, offset);
            if (n >= 0) {
                return n;
            }
            retryOrThrow("pread", name);
        }
    }

    /** Writes up to {@code count} bytes at {@code offset} and says how many. */
    public long pwrite(long buffer, long count, long offset) {
        while (true) {
            long n = LibC.pwrite(number, buffer, count, offset);
            if (n >= 0) {
                return n;
            }
            retryOrThrow("pwrite", name);
        }
    }

    /** Whether {@link #preadv} and {@link #pwritev} work in this process. */
    public static boolean vectors() {
        return Direct.POSSIBLE;
    }

    /**
     * Reads into pieces of memory at {@code offset}; 0 at the end of the file.
     *
     * @param iovecs address of {@code count} structures as {@link Unistd} describes them
     */
    public long preadv(long iovecs, int count, long offset) {
        return vector("preadv", Unistd.SYS_preadv, iovecs, count, offset);
    }

    /** Writes pieces of memory at {@code offset}, as {@link #preadv}, and says how many bytes. */
    public long pwritev(long iovecs, int count, long offset) {
        return vector("pwritev", Unistd.SYS_pwritev, iovecs, count, offset);
    }

    private long vector(String operation, int call, long iovecs, int count, long offset) {
        while (true) {
            // The kernel takes the offset in two halves, of which the lower has all 64 bits here.
            long n = NativeEntry.syscall6(call, number, iovecs, count, offset, 0, 0);
            if (n >= 0) {
                return n;
            }
            if (n != -Errno.EINTR) {
                throw new SysException(operation, (int) -n, name);
            }
        }
    }

    /** Reads once, as {@link #read}; -1 for any failure. */
    public long tryRead(long buffer, long count) {
        return LibC.read(number, buffer, count);
    }

    /** Reads once at {@code offset}, as {@link #pread}; -1 for any failure. */
    public long tryPread(long buffer, long count, long offset) {
        return LibC.pread(number, buffer, count, offset);
    }

    /** Writes once at {@code offset}, as {@link #pwrite}; -1 for any failure. */
    public long tryPwrite(long buffer, long count, long offset) {
        return LibC.pwrite(number, buffer, count, offset);
    }

    /**
     * Issues an ioctl.
     *
     * @param operation the request's name, for messages
     * @param argument a value or an address, as the request has it
     * @return what the kernel returned, at least 0
     */
    public int ioctl(String operation, long request, long argument) {
        while (true) {
            int result = LibC.ioctl(number, request, argument);
            if (result >= 0) {
                return result;
            }
            retryOrThrow(operation, name);
        }
    }

    /**
     * Issues an ioctl once, for callers that take a failure, or a signal, as an answer. Allocates nothing.
     *
     * @return what the kernel returned, or the negative error number of {@link Errno}
     */
    public int tryIoctl(long request, long argument) {
        if (Direct.POSSIBLE) {
            return (int) NativeEntry.syscall6(Unistd.SYS_ioctl, number, request, argument, 0, 0, 0);
        }
        int result = LibC.ioctl(number, request, argument);
        return result >= 0 ? result : -LibC.errno();
    }

    /** Whether system calls can be made without JNA in between; asked when the first one is made. */
    private static final class Direct {
        static final boolean POSSIBLE = NativeEntry.problem().isEmpty();
    }

    /**
     * Issues an ioctl that opens a file.
     *
     * @param opened what messages call the new descriptor
     */
    public Fd ioctlForFd(String operation, long request, long argument, String opened) {
        return own(ioctl(operation, request, argument), opened);
    }

    /**
     * Issues an ioctl that stores the number of the file it opens into its argument.
     *
     * @param argument address of a structure
     * @param offset of the number within it
     */
    public Fd ioctlForNewFd(String operation, long request, long argument, int offset, String opened) {
        ioctl(operation, request, argument);
        return own(OffHeap.getInt(argument + offset), opened);
    }

    /** Issues a command of fcntl(2), {@code F_*} of {@link Fcntl}. */
    public int fcntl(int command, long argument) {
        int result = LibC.fcntl(number, command, argument);
        if (result < 0) {
            throw SysException.last("fcntl", name);
        }
        return result;
    }

    /** Sets the file's size in bytes; new bytes are zero. */
    public void truncate(long length) {
        if (LibC.ftruncate(number, length) < 0) {
            throw SysException.last("ftruncate", name);
        }
    }

    /**
     * Gives a range of the file space, or takes it away.
     *
     * @param mode {@code FALLOC_FL_*} of {@link Fcntl}
     * @return false if the file system cannot do that
     */
    public boolean fallocate(int mode, long offset, long length) {
        while (LibC.fallocate(number, mode, offset, length) < 0) {
            int errno = LibC.errno();
            if (errno == Errno.EOPNOTSUPP) {
                return false;
            }
            if (errno != Errno.EINTR) {
                throw new SysException("fallocate", errno, name);
            }
        }
        return true;
    }

    /** Whether it is a terminal. */
    public boolean isTerminal() {
        return LibC.isatty(number) == 1;
    }

    /** Copies the terminal's attributes, a {@code struct termios}, to {@code termios}. */
    public void terminalAttributes(long termios) {
        if (LibC.tcgetattr(number, termios) < 0) {
            throw SysException.last("tcgetattr", name);
        }
    }

    /**
     * Sets the terminal's attributes.
     *
     * @param when {@code TCSA*} of {@link dev.veery.linux.abi.Termios}
     */
    public void setTerminalAttributes(int when, long termios) {
        while (LibC.tcsetattr(number, when, termios) < 0) {
            retryOrThrow("tcsetattr", name);
        }
    }

    /**
     * Whether this is the controlling terminal and another process group has it: changing it now would stop this process
     * with SIGTTOU.
     */
    public boolean inBackground() {
        int group = LibC.tcgetpgrp(number);
        return group >= 0 && group != LibC.getpgrp();
    }

    private static void retryOrThrow(String operation, String object) {
        int errno = LibC.errno();
        if (errno != Errno.EINTR) {
            throw new SysException(operation, errno, object);
        }
    }

    /** Closes it, once; a standard descriptor stays open. Errors are the kernel's affair: the number is free either way. */
    @Override
    public synchronized void close() {
        if (owned && !closed) {
            closed = true;
            int ignored = LibC.close(number);
            assert ignored == 0 || LibC.errno() != Errno.EBADF : name;
        }
    }

    @Override
    public String toString() {
        return name + " (" + number + ")";
    }
}
