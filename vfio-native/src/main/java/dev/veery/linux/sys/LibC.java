package dev.veery.linux.sys;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Map;

/**
 * Direct mapping of the C library. Results are as in section 2 of the manual: -1 means that {@link #errno} has the reason.
 * Pointers and {@code size_t} are longs. Variadic functions are declared with the arguments they are called with, which
 * the x86-64 and AArch64 Linux calling conventions allow for integers.
 */
final class LibC {
    static {
        Native.register(LibC.class, NativeLibrary.getProcess(Map.of()));
    }

    private LibC() {}

    /** The error number of this thread's last call. */
    static int errno() {
        return Native.getLastError();
    }

    static native int open(String path, int flags, int mode);

    static native int close(int fd);

    static native long read(int fd, long buffer, long count);

    static native long write(int fd, long buffer, long count);

    static native long pread(int fd, long buffer, long count, long offset);

    static native long pwrite(int fd, long buffer, long count, long offset);

    static native int fcntl(int fd, int command, long argument);

    static native int ioctl(int fd, long request, long argument);

    static native int socket(int family, int kind, int protocol);

    static native int bind(int fd, long address, int length);

    static native long sendto(int fd, long buffer, long count, int flags, long address, int length);

    static native int getsockopt(int fd, int level, int name, long value, long length);

    static native int poll(long pollfds, long count, int timeoutMillis);

    static native int epoll_create1(int flags);

    static native int epoll_ctl(int epoll, int operation, int fd, long event);

    static native int epoll_wait(int epoll, long events, int count, int timeoutMillis);

    static native int eventfd(int initial, int flags);

    static native int memfd_create(String name, int flags);

    static native int ftruncate(int fd, long length);

    static native int fallocate(int fd, int mode, long offset, long length);

    static native long mmap(long address, long length, int protection, int flags, int fd, long offset);

    static native int munmap(long address, long length);

    static native int mprotect(long address, long length, int protection);

    static native int madvise(long address, long length, int advice);

    static native int isatty(int fd);

    static native int tcgetattr(int fd, long termios);

    static native int tcsetattr(int fd, int when, long termios);

    static native int tcgetpgrp(int fd);

    static native int getpgrp();

    static native long sysconf(int name);

    static native long signal(int number, long handler);

    static native int sigaction(int number, long action, long oldAction);

    static native int getpid();

    static native int gettid();

    static native int tgkill(int process, int thread, int signal);

    /** The address of a function of the C library. */
    static long address(String function) {
        return Pointer.nativeValue(NativeLibrary.getProcess().getFunction(function));
    }
}
