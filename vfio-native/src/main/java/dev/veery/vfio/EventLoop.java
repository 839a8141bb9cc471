package dev.veery.vfio;

import dev.veery.base.MachineLock;
import dev.veery.linux.sys.Epoll;
import dev.veery.linux.sys.EventFd;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The thread on which the eventfds of all assigned devices arrive; it takes the machine lock to call their handlers. */
final class EventLoop implements AutoCloseable {
    private static final int BATCH = 64;
    private static final int QUIT = 0;

    private record Source(EventFd event, Runnable handler) {}

    private final MachineLock lock;
    private final Consumer<String> warnings;
    private final Epoll epoll = new Epoll("interrupts of assigned devices");
    private final EventFd quit = new EventFd("end of interrupts");
    private final Thread thread = new Thread(this::run, "veery-vfio");

    /** By token, which is never used again; with the lock held. */
    private final Map<Integer, Source> sources = new HashMap<>();

    private int lastToken = QUIT;
    private volatile boolean closing;

    /** Starts the thread. */
    EventLoop(MachineLock lock, Consumer<String> warnings) {
        this.lock = lock;
        this.warnings = warnings;
        epoll.add(quit.fd(), QUIT);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Calls {@code handler}, with the lock held, whenever {@code event} was signalled. With the lock held.
     *
     * @return a token for {@link #remove}
     */
    int add(EventFd event, Runnable handler) {
        int token = ++lastToken;
        sources.put(token, new Source(event, handler));
        epoll.add(event.fd(), token);
        return token;
    }

    /** After this the handler is not called any more, and the event may be closed. With the lock held. */
    void remove(int token) {
        Source source = sources.remove(token);
        if (source != null) {
            epoll.remove(source.event.fd());
        }
    }

    private void run() {
        int[] tokens = new int[BATCH];
        while (!closing) {
            int count = epoll.await(tokens);
            lock.lock();
            try {
                for (int i = 0; i < count; i++) {
                    handle(tokens[i]);
                }
            } catch (RuntimeException e) {
                warnings.accept("an interrupt of an assigned device was lost: " + e);
            } finally {
                lock.unlock();
            }
        }
    }

    private void handle(int token) {
        Source source = sources.get(token);
        if (source != null && source.event.drain()) {
            source.handler.run();
        }
    }

    /** Ends the thread. Without the lock. */
    @Override
    public void close() {
        closing = true;
        quit.signal();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        epoll.close();
        quit.close();
    }
}
