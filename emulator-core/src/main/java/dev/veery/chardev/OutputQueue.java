package dev.veery.chardev;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue between a device and a thread that writes to the host. The writer waits for the end of a line, for half a
 * queue or for {@link #FLUSH_NANOS}, whichever is first, so a guest that prints byte by byte causes few system calls.
 *
 * <p>When the queue is full the caller waits. It holds the machine lock, so after {@link #STALL_NANOS} without progress the
 * queue counts as stalled and drops bytes until there is room again: a terminal that was stopped must not stop the
 * machine, nor the command that ends it. A device that asks {@link #hasRoom} first loses nothing.
 */
final class OutputQueue {
    /** Bytes the queue holds. */
    static final int CAPACITY = 1 << 16;
    /** The longest a byte waits for its line to end. */
    private static final long FLUSH_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** The longest a device waits for room. */
    private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final String label;
    private final ByteStream stream;
    private final Consumer<String> warnings;
    private final Thread writer;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final byte[] ring = new byte[CAPACITY];
    private int head;
    private volatile int count;
    private boolean urgent;
    private boolean stalled;
    private boolean closing;

    /** Whether the host refused bytes: said once, then everything is dropped. */
    private boolean broken;

    OutputQueue(String label, ByteStream stream, Consumer<String> warnings) {
        this.label = label;
        this.stream = stream;
        this.warnings = warnings;
        writer = new Thread(this::run, label + " output");
        writer.setDaemon(true);
    }

    void start() {
        writer.start();
    }

    boolean hasRoom() {
        return count < CAPACITY;
    }

    void put(int value) {
        lock.lock();
        try {
            if (closing || broken || count == CAPACITY && !awaitRoom()) {
                return;
            }
            ring[(head + count) & (CAPACITY - 1)] = (byte) value;
            boolean first = count == 0;
            count = count + 1;
            boolean hurry = value == '\n' || count == CAPACITY / 2;
            urgent |= hurry;
            if (first || hurry) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitRoom() {
        if (stalled) {
            return false;
        }
        long left = STALL_NANOS;
        boolean interrupted = false;
        while (count == CAPACITY && !closing && !broken && left > 0) {
            try {
                left = room.awaitNanos(left);
            } catch (InterruptedException e) {
                interrupted = true;
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        stalled = count == CAPACITY && !interrupted;
        return count < CAPACITY && !closing && !broken;
    }

    private void run() {
        byte[] chunk = new byte[CAPACITY];
        while (true) {
            int length = take(chunk);
            if (length == 0) {
                return;
            }
            @Nullable IOException failure = null;
            try {
                stream.write(chunk, 0, length);
            } catch (IOException e) {
                failure = e;
            }
            if (failure != null) {
                breakOff(failure);
                return;
            }
        }
    }

    /** Waits for bytes that are worth a system call and takes them; 0 when the queue is closed and empty. */
    private int take(byte[] chunk) {
        lock.lock();
        try {
            while (count == 0 && !closing) {
                work.awaitUninterruptibly();
            }
            long left = FLUSH_NANOS;
            while (!urgent && !closing && left > 0) {
                left = awaitWork(left);
            }
            int length = count;
            int toEnd = Math.min(length, CAPACITY - head);
            System.arraycopy(ring, head, chunk, 0, toEnd);
            System.arraycopy(ring, 0, chunk, toEnd, length - toEnd);
            head = (head + length) & (CAPACITY - 1);
            count = 0;
            urgent = false;
            stalled = false;
            room.signalAll();
            return length;
        } finally {
            lock.unlock();
        }
    }

    private long awaitWork(long nanos) {
        try {
            return work.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread to say something; what is there is written now.
            return 0;
        }
    }

    private void breakOff(IOException failure) {
        lock.lock();
        boolean report;
        try {
            report = !closing;
            broken = true;
            count = 0;
            room.signalAll();
        } finally {
            lock.unlock();
        }
        if (report) {
            warnings.accept(label + ": output is lost from here on: " + failure.getMessage());
        }
    }

    /** Ends the queue and waits until what it holds is written, at most as long as a stalled write may take. */
    void close() {
        lock.lock();
        try {
            closing = true;
            work.signal();
            room.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            TimeUnit.NANOSECONDS.timedJoin(writer, STALL_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
