package dev.veery.chardev;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The character back ends of one machine: opens them by option, hands them to devices, closes them. */
public final class Chardevs implements AutoCloseable {
    private final MachineLock lock;
    private final HostStreams host;
    private final Runnable quit;
    private final LongSupplier nanos;
    private final Consumer<String> notices;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<CharBackend> opened = new ArrayList<>();
    private @Nullable String stdioUser;

    /**
     * Makes an empty collection.
     *
     * @param host the streams that need the host's own calls
     * @param quit asks the program to end, for Ctrl-A x; called with the machine lock held, must return at once
     * @param nanos the time in nanoseconds, for time stamps
     * @param notices takes lines for the user, which begin with {@code warning:} or {@code info:}
     */
    public Chardevs(MachineLock lock, HostStreams host, Runnable quit, LongSupplier nanos, Consumer<String> notices) {
        this.lock = lock;
        this.host = host;
        this.quit = quit;
        this.nanos = nanos;
        this.notices = notices;
    }

    /** An opened back end: one device's, or shared through a mux. */
    private static final class Entry {
        private final CharBackend backend;
        private final @Nullable MuxChardev mux;
        private boolean used;

        Entry(CharBackend backend, @Nullable MuxChardev mux) {
            this.backend = backend;
            this.mux = mux;
        }
    }

    /**
     * Opens the back end of a {@code -chardev} option.
     *
     * @throws ConfigException if its id is taken or the host refuses
     */
    public void define(ChardevSpec spec) {
        if (entries.containsKey(spec.id())) {
            throw ConfigException.usage("-chardev: the id '" + spec.id() + "' is used twice; give each its own");
        }
        CharBackend backend = open(spec);
        opened.add(backend);
        entries.put(spec.id(), new Entry(backend, spec.mux() ? new MuxChardev(lock, backend, quit, nanos) : null));
    }

    /**
     * The back end of a {@code -serial} option, opened here unless it refers to a {@code -chardev}.
     *
     * @return empty for {@code none}: the machine has no such port
     */
    public Optional<CharBackend> connect(ChardevSpec spec) {
        switch (spec.kind()) {
            case NONE:
                return Optional.empty();
            case REFERENCE:
                break;
            default:
                define(spec);
                break;
        }
        return Optional.of(connect(spec.id()));
    }

    /**
     * Connects a device to a back end defined before.
     *
     * @throws ConfigException if there is none of that id, or another device has it and it is no mux
     */
    public CharBackend connect(String id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            throw ConfigException.usage("chardev '" + id + "' does not exist; define it with -chardev ...,id=" + id);
        }
        if (entry.mux != null) {
            return entry.mux.newPort();
        }
        if (entry.used) {
            throw ConfigException.usage("chardev '" + id + "' is used by another device; add mux=on to share it");
        }
        entry.used = true;
        return entry.backend;
    }

    private CharBackend open(ChardevSpec spec) {
        return switch (spec.kind()) {
            case NULL -> new NullChardev();
            case FILE -> start(spec, FileStream.open(spec));
            case UNIX, TCP -> start(spec, SocketStream.open(spec, notices));
            case STDIO -> start(spec, openStdio(spec));
            case PTY ->
                start(
                        spec,
                        host.pty(path -> notices.accept(
                                "info: char device redirected to " + path + " (label " + spec.id() + ")")));
            case NONE, REFERENCE -> throw new IllegalArgumentException(spec.toString());
        };
    }

    private ByteStream openStdio(ChardevSpec spec) {
        if (stdioUser != null) {
            throw ConfigException.usage("chardev '" + spec.id() + "': '" + stdioUser
                    + "' has the standard input and output already; share it with -chardev stdio,mux=on");
        }
        ByteStream stream = host.stdio(spec.signal());
        stdioUser = spec.id();
        return stream;
    }

    private CharBackend start(ChardevSpec spec, ByteStream stream) {
        return new StreamChardev(spec.id(), stream, lock, line -> notices.accept("warning: " + line));
    }

    /** Writes what is buffered and closes everything; devices' later output is dropped. */
    @Override
    public void close() {
        opened.forEach(CharBackend::close);
        opened.clear();
        entries.clear();
    }
}
