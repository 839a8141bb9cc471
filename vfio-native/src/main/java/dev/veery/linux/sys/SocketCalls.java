package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Sockets;
import dev.veery.memory.access.OffHeap;
import java.nio.charset.StandardCharsets;

/** Calls for sockets that Java has no channels for: datagrams between paths, and descriptors that were given. */
public final class SocketCalls {
    private SocketCalls() {}

    /**
     * Makes a socket for datagrams that does not block.
     *
     * @param path where it receives; nothing may be there
     */
    public static Fd unixDatagram(String path) {
        int kind = Sockets.SOCK_DGRAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int number = LibC.socket(Sockets.AF_UNIX, kind, 0);
        if (number < 0) {
            throw SysException.last("socket", path);
        }
        Fd fd = Fd.own(number, path);
        long address = unixAddress(path);
        try {
            if (LibC.bind(number, address, Sockets.SIZEOF_SOCKADDR_UN) < 0) {
                SysException failure = SysException.last("bind", path);
                fd.close();
                throw failure;
            }
        } finally {
            OffHeap.free(address);
        }
        return fd;
    }

    /**
     * A path as an address, in memory until {@link OffHeap#free}.
     *
     * @throws SysException if it is too long
     */
    public static long unixAddress(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= Sockets.SIZEOF_SOCKADDR_UN - Sockets.SUN_PATH) {
            throw new SysException("bind", Errno.ENAMETOOLONG, path);
        }
        long address = OffHeap.allocate(Sockets.SIZEOF_SOCKADDR_UN);
        OffHeap.putShort(address, Sockets.AF_UNIX);
        OffHeap.copyIn(bytes, 0, address + Sockets.SUN_PATH, bytes.length);
        return address;
    }

    /**
     * Sends without waiting.
     *
     * @param address from {@link #unixAddress}, or 0 for the peer of a connected socket
     * @return how many bytes went; the negated error number if none did
     */
    public static long send(Fd socket, long buffer, long count, long address) {
        int flags = Sockets.MSG_NOSIGNAL | Sockets.MSG_DONTWAIT;
        int length = address == 0 ? 0 : Sockets.SIZEOF_SOCKADDR_UN;
        while (true) {
            long n = LibC.sendto(socket.number(), buffer, count, flags, address, length);
            int errno = n < 0 ? LibC.errno() : 0;
            if (errno != Errno.EINTR) {
                return n < 0 ? -errno : n;
            }
        }
    }

    /** An option of the level {@code SOL_SOCKET} that is a number. */
    public static int option(Fd socket, int name) {
        long memory = OffHeap.allocate(2 * Integer.BYTES);
        try {
            OffHeap.putInt(memory + Integer.BYTES, Integer.BYTES);
            if (LibC.getsockopt(socket.number(), Sockets.SOL_SOCKET, name, memory, memory + Integer.BYTES) < 0) {
                throw SysException.last("getsockopt", socket.name());
            }
            return OffHeap.getInt(memory);
        } finally {
            OffHeap.free(memory);
        }
    }
}
