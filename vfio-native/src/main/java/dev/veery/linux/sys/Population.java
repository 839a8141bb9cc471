package dev.veery.linux.sys;

import dev.veery.base.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that commit all of a mapping from its start on, while others go on and may use it already. An assigned device has
 * all of it pinned, and clearing pages is most of what that takes; the kernel does it in one thread.
 */
final class Population {
    /** Bytes that a thread takes at a time; who changes the layout of the process waits for it. */
    static final long CHUNK = 2 * Units.MIB;

    private final Mapping mapping;
    private final AtomicLong next = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();

    private Population(Mapping mapping) {
        this.mapping = mapping;
    }

    /** Begins with so many threads, which end by themselves. */
    static Population start(Mapping mapping, int threads) {
        Population population = new Population(mapping);
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(population::run, "veery-populate");
            thread.setDaemon(true);
            population.threads.add(thread);
            thread.start();
        }
        return population;
    }

    private void run() {
        long length = mapping.length();
        for (long at = take(); at < length; at = take()) {
            if (!mapping.populate(at, Math.min(CHUNK, length - at))) {
                // An older kernel, or there is not that much: pinning tells the user, who may not need all of it.
                stop();
            }
        }
    }

    private long take() {
        return next.getAndAdd(CHUNK);
    }

    private void stop() {
        next.set(Long.MAX_VALUE / 2);
    }

    /**
     * Returns when all is committed, with the caller's help. Pinning would be held up by it: the kernel takes the lock of the
     * process's layout anew for every two megabytes that it pins, and waits each time for whoever is clearing a page.
     */
    void finish() {
        if (!threads.isEmpty()) {
            run();
            join();
        }
    }

    /** Ends it early; the mapping may be undone when this returns. */
    void close() {
        stop();
        join();
    }

    private void join() {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
