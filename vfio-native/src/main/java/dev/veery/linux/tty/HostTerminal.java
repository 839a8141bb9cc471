package dev.veery.linux.tty;

import dev.veery.linux.abi.Termios;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;

/**
 * Raw mode of a terminal: bytes arrive as they are typed, without echo or translation. {@link #close} puts back what was
 * there before; so does a shutdown hook, which the JVM runs after {@code main}, {@code System.exit}, an uncaught
 * exception, SIGTERM, SIGINT and SIGHUP.
 */
public final class HostTerminal implements AutoCloseable {
    private final Fd fd;
    private final long saved;
    private final long raw;
    private final Thread hook;
    private boolean closed;

    /**
     * Switches a terminal to raw mode. Output keeps its translation, because messages of this program end lines with a line
     * feed alone.
     *
     * @param fd a terminal
     * @param signals whether Ctrl-C, Ctrl-\ and Ctrl-Z stay signals
     * @throws dev.veery.linux.sys.SysException if the terminal refuses
     */
    public HostTerminal(Fd fd, boolean signals) {
        this.fd = fd;
        saved = OffHeap.allocate(Termios.SIZEOF_TERMIOS);
        raw = OffHeap.allocate(Termios.SIZEOF_TERMIOS);
        fd.terminalAttributes(saved);
        OffHeap.copy(saved, raw, Termios.SIZEOF_TERMIOS);
        RawMode.apply(raw, signals, true);
        hook = new Thread(this::restore, "terminal restore");
        Runtime.getRuntime().addShutdownHook(hook);
        fd.setTerminalAttributes(Termios.TCSANOW, raw);
    }

    /** Sets raw mode again, after the program was stopped and a shell had the terminal. */
    public synchronized void reapply() {
        if (!closed && !fd.inBackground()) {
            fd.setTerminalAttributes(Termios.TCSANOW, raw);
        }
    }

    private synchronized void restore() {
        if (closed) {
            return;
        }
        closed = true;
        // In the background the terminal belongs to the shell, which has set it as it likes; touching it would stop us.
        if (!fd.inBackground()) {
            fd.setTerminalAttributes(Termios.TCSANOW, saved);
        }
        OffHeap.free(saved);
        OffHeap.free(raw);
    }

    /** Puts the terminal back as it was, once. */
    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending: the hook runs by itself and finds the work done.
            assert closed;
        }
    }
}
