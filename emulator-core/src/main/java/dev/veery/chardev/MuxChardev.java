package dev.veery.chardev;

import dev.veery.base.MachineLock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts the Ctrl-A commands between a terminal and one or more devices, as QEMU's {@code mux=on}: output of all devices goes to
 * the terminal, input goes to the one in focus, and Ctrl-A followed by a letter is a command to the program.
 *
 * <p>Input is kept in a queue of its own, so that a command is obeyed also while the guest reads nothing. Everything is
 * called with the machine lock held; attaching takes it.
 */
public final class MuxChardev implements CharFrontend {
    private static final int ESCAPE = 'a' & 0x1f;
    private static final int CAPACITY = 1 << 16;

    private static final String HELP = """

            Ctrl-A h       this list
            Ctrl-A x       end the program
            Ctrl-A s       save disk changes of a snapshot
            Ctrl-A t       time stamps on or off
            Ctrl-A b       send a break
            Ctrl-A c       next console, or the monitor
            Ctrl-A Ctrl-A  send Ctrl-A
            """;

    private final MachineLock lock;
    private final CharBackend terminal;
    private final Runnable quit;
    private final LongSupplier nanos;
    private final List<Port> ports = new ArrayList<>();

    private final byte[] queue = new byte[CAPACITY];
    private int head;
    private int count;

    private int focus;
    private boolean escaped;
    private boolean timestamps;
    private boolean lineStart = true;
    private long origin;

    /**
     * Takes over a terminal.
     *
     * @param quit asks the program to end; must return at once, and must not close anything itself
     * @param nanos the time in nanoseconds, for time stamps, which count from when they are switched on
     */
    public MuxChardev(MachineLock lock, CharBackend terminal, Runnable quit, LongSupplier nanos) {
        this.lock = lock;
        this.terminal = terminal;
        this.quit = quit;
        this.nanos = nanos;
        terminal.attach(this);
    }

    /** Makes a back end for one more device; the first is in focus. Closing the last one closes the terminal. */
    public CharBackend newPort() {
        Port port = new Port();
        ports.add(port);
        return port;
    }

    @Override
    public int canReceive() {
        return CAPACITY - count;
    }

    @Override
    public void receive(byte[] data, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            receive(data[i]);
        }
        drain();
    }

    private void receive(byte value) {
        if (escaped) {
            escaped = false;
            command(value);
        } else if (value == ESCAPE) {
            escaped = true;
        } else {
            enqueue(value);
        }
    }

    private void enqueue(byte value) {
        queue[(head + count) & (CAPACITY - 1)] = value;
        count++;
    }

    private void command(byte value) {
        switch (value) {
            case ESCAPE -> enqueue(value);
            case 'h', '?' -> say(HELP);
            case 'x' -> {
                say("\nVeery: terminated\n");
                quit.run();
            }
            case 's' -> say("\nVeery: no disk has a snapshot to save\n");
            case 't' -> toggleTimestamps();
            case 'b' -> sendBreak();
            case 'c' -> switchFocus();
            default -> {
                // As in QEMU, a letter that is no command is swallowed with its Ctrl-A.
            }
        }
    }

    private void toggleTimestamps() {
        timestamps = !timestamps;
        origin = nanos.getAsLong();
        lineStart = false;
    }

    private void sendBreak() {
        CharFrontend device = focus < ports.size() ? ports.get(focus).device : null;
        if (device != null) {
            device.receiveBreak();
        }
    }

    private void switchFocus() {
        if (ports.size() < 2) {
            say("\nVeery: there is no monitor yet\n");
            return;
        }
        drain();
        focus = (focus + 1) % ports.size();
        say("\nVeery: console " + focus + "\n");
    }

    /** Writes a message of our own; the terminal is raw, so a line feed alone would not return the carriage. */
    private void say(String text) {
        for (byte value : text.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII)) {
            terminal.write(value);
        }
        lineStart = true;
    }

    private void output(int value) {
        if (timestamps && lineStart) {
            long millis = (nanos.getAsLong() - origin) / 1_000_000;
            String stamp = String.format(
                    "[%02d:%02d:%02d.%03d] ",
                    millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60, millis % 1000);
            for (byte b : stamp.getBytes(StandardCharsets.US_ASCII)) {
                terminal.write(b);
            }
        }
        lineStart = value == '\n';
        terminal.write(value);
    }

    private void drain() {
        if (focus >= ports.size()) {
            return;
        }
        CharFrontend device = ports.get(focus).device;
        while (device != null && count > 0) {
            int length = Math.min(Math.min(count, CAPACITY - head), device.canReceive());
            if (length <= 0) {
                return;
            }
            int from = head;
            head = (head + length) & (CAPACITY - 1);
            count -= length;
            device.receive(queue, from, length);
        }
    }

    /** What one device sees. */
    private final class Port implements CharBackend {
        private @Nullable CharFrontend device;

        @Override
        public void attach(CharFrontend frontend) {
            lock.lock();
            try {
                device = frontend;
                acceptInput();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void write(int value) {
            output(value & 0xff);
        }

        @Override
        public boolean writable() {
            return terminal.writable();
        }

        @Override
        public void acceptInput() {
            if (count > 0 && ports.indexOf(this) == focus) {
                drain();
                terminal.acceptInput();
            }
        }

        @Override
        public void close() {
            device = null;
            ports.remove(this);
            focus = 0;
            if (ports.isEmpty()) {
                terminal.close();
            }
        }
    }
}
