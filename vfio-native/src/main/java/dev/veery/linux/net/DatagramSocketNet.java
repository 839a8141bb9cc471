package dev.veery.linux.net;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SocketCalls;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;

/** One frame a datagram, over a socket that Java has no channel for: between paths, or a descriptor that was given. */
final class DatagramSocketNet extends DescriptorNet {
    /** Where frames go, or 0 for the socket's peer. */
    private final long address;

    /** Sends to an address that is freed with the network, or, if 0, to the socket's peer. */
    DatagramSocketNet(String id, Fd socket, long address, MachineLock lock) {
        super(id, socket, 2 * MAX_FRAME, lock);
        this.address = address;
    }

    @Override
    boolean received() {
        long length = read(memory, MAX_FRAME);
        if (length > 0) {
            deliver(memory, (int) length);
        }
        return true;
    }

    @Override
    public boolean send(FramePieces frame) {
        if (!released()) {
            int length = frame.copyTo(memory + MAX_FRAME, MAX_FRAME);
            long sent = SocketCalls.send(fd, memory + MAX_FRAME, length, address);
            if (sent < 0) {
                // Nobody is there, or too slow: the frame is lost, as on any Ethernet.
                LOG.debug("network '{}': {}", id, Errno.describe((int) -sent));
            }
        }
        return true;
    }

    @Override
    void ending() {
        if (address != 0) {
            OffHeap.free(address);
        }
    }
}
