package dev.veery.linux.tty;

import dev.veery.chardev.ByteStream;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Poll;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.PollSet;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;

/**
 * Bytes from one descriptor and to another, or the same, blocking or not. Both directions wait in poll(2) with an eventfd
 * beside, so {@link #close} ends them at once. A write that the kernel took and holds, as to a stopped terminal, is not
 * waited for: whichever call leaves last releases the descriptors.
 */
public final class FdStream implements ByteStream {
    private static final int BUFFER = 4096;
    /** How often a hung-up stream that may come back is looked at. */
    private static final int HANGUP_POLL_MILLIS = 200;

    private final Fd input;
    private final Fd output;
    private final boolean returns;
    private final EventFd wake;
    private final PollSet readable;
    private final PollSet writable;
    private final PollSet woken;
    private final long readBuffer;
    private final long writeBuffer;
    private volatile boolean closed;

    /** Calls in progress; with {@link #closed}, guarded by this. */
    private int users;

    /**
     * Makes a stream that owns both descriptors.
     *
     * @param returns whether a hang-up is not the end, because the other side of a pseudo-terminal may be opened again;
     *     output is dropped until then
     */
    public FdStream(String name, Fd input, Fd output, boolean returns) {
        this.input = input;
        this.output = output;
        this.returns = returns;
        wake = new EventFd(name + " wake-up");
        readable = new PollSet(new Fd[] {input, wake.fd()}, new int[] {Poll.POLLIN, Poll.POLLIN});
        writable = new PollSet(new Fd[] {output, wake.fd()}, new int[] {Poll.POLLOUT, Poll.POLLIN});
        woken = new PollSet(new Fd[] {wake.fd()}, new int[] {Poll.POLLIN});
        readBuffer = OffHeap.allocate(BUFFER);
        writeBuffer = OffHeap.allocate(BUFFER);
    }

    @Override
    public int read(byte[] into) throws IOException {
        if (!enter()) {
            return -1;
        }
        try {
            int length = 0;
            while (length == 0) {
                readable.await(-1);
                length = closed ? -1 : readReady(into);
            }
            return length;
        } finally {
            leave();
        }
    }

    /** Reads once: how many bytes, 0 for none yet, -1 for the end. */
    private int readReady(byte[] into) throws IOException {
        if (hungUp(readable.ready(0)) && (readable.ready(0) & Poll.POLLIN) == 0) {
            woken.await(HANGUP_POLL_MILLIS);
            return 0;
        }
        try {
            int length = (int) input.read(readBuffer, Math.min(into.length, BUFFER));
            OffHeap.copyOut(readBuffer, into, 0, length);
            return length == 0 ? -1 : length;
        } catch (SysException e) {
            return switch (e.errno()) {
                case Errno.EAGAIN -> 0;
                // What reading a terminal says after it was hung up.
                case Errno.EIO -> returns ? 0 : -1;
                default -> throw new IOException(e.getMessage(), e);
            };
        }
    }

    private boolean hungUp(int events) {
        return returns && (events & Poll.POLLHUP) != 0;
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
        if (!enter()) {
            return;
        }
        try {
            int from = offset;
            int end = offset + length;
            while (from < end && !closed) {
                int part = Math.min(BUFFER, end - from);
                OffHeap.copyIn(data, from, writeBuffer, part);
                from += writeReady(part);
            }
        } finally {
            leave();
        }
    }

    /** Waits until the descriptor takes something, and says how much was written or is lost. */
    private int writeReady(int length) throws IOException {
        writable.await(-1);
        if (closed || hungUp(writable.ready(0))) {
            return length;
        }
        try {
            return (int) output.write(writeBuffer, length);
        } catch (SysException e) {
            if (e.errno() == Errno.EAGAIN) {
                return 0;
            }
            if (e.errno() == Errno.EIO && returns) {
                return length;
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    private synchronized boolean enter() {
        if (closed) {
            return false;
        }
        users++;
        return true;
    }

    private synchronized void leave() {
        users--;
        if (closed && users == 0) {
            release();
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (users == 0) {
            release();
        } else {
            wake.signal();
        }
    }

    private void release() {
        readable.close();
        writable.close();
        woken.close();
        OffHeap.free(readBuffer);
        OffHeap.free(writeBuffer);
        input.close();
        output.close();
        wake.close();
    }
}
