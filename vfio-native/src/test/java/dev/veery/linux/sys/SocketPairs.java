package dev.veery.linux.sys;

import dev.veery.linux.abi.Sockets;
import dev.veery.memory.access.OffHeap;

/** Pairs of sockets, as a program that starts another one makes them. */
public final class SocketPairs {
    private static final int SYS_SOCKETPAIR = 53;

    private SocketPairs() {}

    /** The descriptors of two sockets that are connected, which the caller closes. */
    public static int[] unix(boolean stream) {
        long memory = OffHeap.allocate(2 * Integer.BYTES);
        try {
            int type = stream ? Sockets.SOCK_STREAM : Sockets.SOCK_DGRAM;
            long result = NativeEntry.syscall6(SYS_SOCKETPAIR, Sockets.AF_UNIX, type, 0, memory, 0, 0);
            if (result < 0) {
                throw new SysException("socketpair", (int) -result, "");
            }
            return new int[] {OffHeap.getInt(memory), OffHeap.getInt(memory + Integer.BYTES)};
        } finally {
            OffHeap.free(memory);
        }
    }
}
