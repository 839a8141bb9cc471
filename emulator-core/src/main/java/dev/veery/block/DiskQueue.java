package dev.veery.block;

import dev.veery.base.MachineLock;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works off a disk's requests in their order on a thread of its own. All methods are called with the machine lock held.
 */
public final class DiskQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.block");

    private final BlockImage image;
    private final MachineLock lock;
    private final Thread thread;
    private Runnable resized = () -> {};

    /** Guards what follows; never held while a job runs, nor while the machine lock is waited for. */
    private final Object monitor = new Object();

    private final ArrayDeque<DiskJob> waiting = new ArrayDeque<>();
    private final ArrayDeque<Result> finished = new ArrayDeque<>();
    private boolean performing;
    private boolean closed;

    private static final class Result {
        final DiskJob job;
        final @Nullable IOException failure;

        Result(DiskJob job, @Nullable IOException failure) {
            this.job = job;
            this.failure = failure;
        }
    }

    /**
     * Starts the thread.
     *
     * @param image closed with the queue
     */
    public DiskQueue(String name, BlockImage image, MachineLock lock) {
        this.image = image;
        this.lock = lock;
        thread = new Thread(this::run, "veery-disk-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** The disk. */
    public BlockImage image() {
        return image;
    }

    /** Who is told, with the lock held, that the disk's length is another. */
    public void onResize(Runnable listener) {
        resized = listener;
    }

    /**
     * Makes the disk longer or shorter, once all requests so far are worked off.
     *
     * @param bytes a multiple of {@link BlockImage#SECTOR}
     */
    public void resize(long bytes) throws IOException {
        drain();
        synchronized (monitor) {
            if (closed) {
                throw new IOException("it is closed");
            }
        }
        image.resize(bytes);
        resized.run();
    }

    /** Adds a request. */
    public void submit(DiskJob job) {
        synchronized (monitor) {
            waiting.add(job);
            monitor.notifyAll();
        }
    }

    /**
     * Returns when all requests so far are worked off and reported: nothing touches guest memory any more. The wait is as
     * long as the host's disk takes.
     */
    public void drain() {
        boolean interrupted = false;
        while (true) {
            DiskJob job;
            synchronized (monitor) {
                while (performing) {
                    try {
                        monitor.wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                job = waiting.poll();
                performing = job != null;
            }
            if (job == null) {
                break;
            }
            // Here, and not by the thread: that may be waiting for the machine lock, which the caller has.
            perform(job);
        }
        report();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void report() {
        while (true) {
            Result result;
            synchronized (monitor) {
                result = finished.poll();
            }
            if (result == null) {
                return;
            }
            result.job.done(result.failure);
        }
    }

    private void run() {
        while (true) {
            DiskJob job = take();
            if (job == null) {
                return;
            }
            perform(job);
            lock.lock();
            try {
                report();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Does one job; {@link #performing} keeps all others from the image. */
    private void perform(DiskJob job) {
        IOException failure = null;
        try {
            job.perform(image);
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            LOG.error("a defect in a request to {}", thread.getName(), e);
            failure = new IOException(e);
        }
        synchronized (monitor) {
            finished.add(new Result(job, failure));
            performing = false;
            monitor.notifyAll();
        }
    }

    private @Nullable DiskJob take() {
        synchronized (monitor) {
            while (waiting.isEmpty() || performing) {
                if (closed && waiting.isEmpty()) {
                    return null;
                }
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    // Nobody interrupts this thread; closing is by flag.
                    return null;
                }
            }
            performing = true;
            return waiting.poll();
        }
    }

    /** Works off what is left, flushes, ends the thread and closes the disk. */
    @Override
    public void close() {
        drain();
        try {
            image.flush();
        } catch (IOException e) {
            LOG.warn("{}: the last flush failed: {}", thread.getName(), e.toString());
        }
        synchronized (monitor) {
            closed = true;
            monitor.notifyAll();
        }
        image.close();
    }
}
