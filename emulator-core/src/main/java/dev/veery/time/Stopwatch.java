package dev.veery.time;

/** Measures host time: for decisions about the host, never for what a guest sees. */
public final class Stopwatch {
    private final long from = System.nanoTime();

    /** Nanoseconds since this was made. */
    public long nanos() {
        return System.nanoTime() - from;
    }
}
