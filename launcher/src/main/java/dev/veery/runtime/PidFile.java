package dev.veery.runtime;

import dev.veery.base.ConfigException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The file of {@code -pidfile}, which is there while the program runs. */
final class PidFile implements AutoCloseable {
    private final @Nullable String path;
    private final Messages messages;

    /** Writes it. */
    PidFile(@Nullable String path, Messages messages) {
        this.path = path;
        this.messages = messages;
        if (path == null) {
            return;
        }
        try (FileOutputStream out = new FileOutputStream(path)) {
            out.write((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new ConfigException("cannot create PID file '" + path + "': " + HostErrors.reason(e, path));
        }
    }

    @Override
    public void close() {
        if (path == null) {
            return;
        }
        try {
            Files.deleteIfExists(Path.of(path));
        } catch (IOException e) {
            messages.warning("cannot remove PID file '" + path + "': " + HostErrors.reason(e, path));
        }
    }
}
