package dev.veery.chardev;

import dev.veery.base.MachineLock;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A back end on a {@link ByteStream}. A thread reads and hands the bytes to the front end, with the machine lock held, as
 * fast as the front end takes them; while it takes none the thread stops reading, so that the host holds the sender back. Another
 * thread writes.
 */
public final class StreamChardev implements CharBackend {
    private static final int CHUNK = 4096;

    private final MachineLock lock;
    private final ByteStream stream;
    private final OutputQueue output;
    private final Thread reader;
    private final Consumer<String> warnings;
    private final String label;

    /** Guarded by the machine lock. */
    private @Nullable CharFrontend frontend;

    /** Set under the machine lock by the reader, cleared under it by whoever makes room. */
    private volatile boolean waiting;

    private volatile boolean closed;

    /**
     * Starts both threads.
     *
     * @param label names the stream in warnings and the threads in dumps
     * @param warnings takes one line each
     */
    public StreamChardev(String label, ByteStream stream, MachineLock lock, Consumer<String> warnings) {
        this.label = label;
        this.stream = stream;
        this.lock = lock;
        this.warnings = warnings;
        output = new OutputQueue(label, stream, warnings);
        reader = new Thread(this::readAll, label + " input");
        reader.setDaemon(true);
        output.start();
        reader.start();
    }

    @Override
    public void attach(CharFrontend frontend) {
        // Nested when a device attaches itself; the board may attach before the machine runs, without the lock.
        lock.lock();
        try {
            this.frontend = frontend;
            acceptInput();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int value) {
        output.put(value);
    }

    @Override
    public boolean writable() {
        return output.hasRoom();
    }

    @Override
    public void acceptInput() {
        if (waiting) {
            waiting = false;
            LockSupport.unpark(reader);
        }
    }

    private void readAll() {
        byte[] data = new byte[CHUNK];
        try {
            int length;
            while (!closed && (length = stream.read(data)) > 0) {
                deliver(data, length);
            }
        } catch (IOException e) {
            if (!closed) {
                warnings.accept(label + ": no more input: " + e.getMessage());
            }
        }
    }

    private void deliver(byte[] data, int length) {
        int offset = 0;
        while (offset < length && !closed) {
            int taken = offer(data, offset, length - offset);
            offset += taken;
            while (taken == 0 && waiting && !closed) {
                LockSupport.park(this);
            }
        }
    }

    private int offer(byte[] data, int offset, int length) {
        lock.lock();
        try {
            CharFrontend to = frontend;
            int taken = to == null || closed ? 0 : Math.min(length, to.canReceive());
            if (taken > 0 && to != null) {
                to.receive(data, offset, taken);
            } else {
                waiting = true;
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LockSupport.unpark(reader);
            output.close();
            stream.close();
        }
    }
}
