package dev.veery.runtime;

import dev.veery.config.ProcessOptions;
import dev.veery.time.VirtualClock;
import dev.veery.time.WallClock;
import java.io.PrintStream;
import java.time.Instant;

/** Lines for the user on standard error. Any thread may write. */
public final class Messages {
    private final PrintStream stream;
    private volatile ProcessOptions options = ProcessOptions.DEFAULT;
    private volatile String guest = "";

    /** Writes plain lines until {@link #configure} says otherwise. */
    public Messages(PrintStream stream) {
        this.stream = stream;
    }

    /**
     * Sets how lines begin.
     *
     * @param guestName the machine's name, or empty
     */
    public void configure(ProcessOptions newOptions, String guestName) {
        options = newOptions;
        guest = guestName;
    }

    /** Something failed; without a prefix and a full stop. */
    public void error(String text) {
        line(text);
    }

    /** Something is not as it should be, and the program goes on. */
    public void warning(String text) {
        line("warning: " + text);
    }

    /** A line that carries its own kind, such as {@code info: ...}. */
    public void line(String text) {
        StringBuilder whole = new StringBuilder(text.length() + 16);
        if (options.timestamps()) {
            long now = WallClock.host().epochNanos();
            whole.append(Instant.ofEpochSecond(
                            Math.floorDiv(now, VirtualClock.SECOND),
                            Math.floorMod(now, VirtualClock.SECOND) / 1000 * 1000))
                    .append(' ');
        }
        if (options.guestName() && !guest.isEmpty()) {
            whole.append(guest).append(' ');
        }
        whole.append("veery: ").append(text.replace("\n", "\\n")).append('\n');
        raw(whole.toString());
    }

    /** Text as it is, such as a table of registers. */
    void raw(String text) {
        synchronized (stream) {
            stream.print(text);
            stream.flush();
        }
    }
}
