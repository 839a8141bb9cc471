package dev.veery.linux.net;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SocketCalls;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;

/** Frames over a connected stream socket that was given, each behind its length, big endian. */
final class StreamSocketNet extends DescriptorNet {
    private static final int LENGTH = 4;
    private static final int STAGING = 1 << 18;
    private static final int OUTPUT = LENGTH + MAX_FRAME;

    /** What was read and not yet delivered, from the beginning of the staging area. */
    private int have;

    /** What the socket has not taken of the frame behind the staging area; guarded by the machine lock, as what follows. */
    private int unsent;

    private int unsentAt;
    private boolean refused;
    private boolean gone;

    StreamSocketNet(String id, Fd socket, MachineLock lock) {
        super(id, socket, STAGING + OUTPUT, lock);
    }

    @Override
    boolean received() {
        long n = read(memory + have, STAGING - have);
        if (n <= 0) {
            return n != 0;
        }
        have += (int) n;
        int at = 0;
        while (have - at >= LENGTH) {
            int length = Integer.reverseBytes(OffHeap.getInt(memory + at));
            if (length <= 0 || length > MAX_FRAME) {
                LOG.warn("network '{}': the peer announces a frame of {} bytes", id, length);
                return false;
            }
            if (have - at < LENGTH + length) {
                break;
            }
            deliver(memory + at + LENGTH, length);
            at += LENGTH + length;
        }
        have -= at;
        OffHeap.copy(memory + at, memory, have);
        return true;
    }

    @Override
    public boolean send(FramePieces frame) {
        if (released() || gone) {
            return true;
        }
        if (unsent != 0) {
            refused = true;
            return false;
        }
        unsentAt = 0;
        unsent = LENGTH + frame.copyTo(memory + STAGING + LENGTH, MAX_FRAME);
        OffHeap.putInt(memory + STAGING, Integer.reverseBytes(unsent - LENGTH));
        flush();
        return true;
    }

    private void flush() {
        while (unsent != 0) {
            long n = SocketCalls.send(fd, memory + STAGING + unsentAt, unsent, 0);
            if (n == -Errno.EAGAIN) {
                break;
            }
            if (n < 0) {
                LOG.info("network '{}': {}", id, Errno.describe((int) -n));
                gone = true;
                unsent = 0;
                break;
            }
            unsent -= (int) n;
            unsentAt += (int) n;
        }
        awaitWritable(unsent != 0);
    }

    @Override
    void writable() {
        flush();
        if (unsent == 0 && refused) {
            refused = false;
            sendable();
        }
    }

    @Override
    void ending() {
        gone = true;
    }
}
