package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;

/** A system call failed. The message is one line: the call, what it was about, and what the kernel said. */
public final class SysException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final int errno;

    /**
     * Describes a failure.
     *
     * @param operation the call, such as {@code open} or the name of an ioctl
     * @param errno a constant of {@link Errno}
     * @param object the file, size or address it was about; empty if there is none
     */
    public SysException(String operation, int errno, String object) {
        super(operation + (object.isEmpty() ? "" : " '" + object + "'") + ": " + Errno.describe(errno));
        this.operation = operation;
        this.errno = errno;
    }

    /** The error of the calling thread's last call. */
    static SysException last(String operation, String object) {
        return new SysException(operation, LibC.errno(), object);
    }

    /** The call that failed. */
    public String operation() {
        return operation;
    }

    /** A constant of {@link Errno}. */
    public int errno() {
        return errno;
    }
}
