package dev.veery.chardev;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Output to a file; there is no input. */
final class FileStream implements ByteStream {
    private final FileChannel channel;

    private FileStream(FileChannel channel) {
        this.channel = channel;
    }

    static FileStream open(ChardevSpec spec) {
        String what = "chardev '" + spec.id() + "': cannot write to '" + spec.path() + "': ";
        try {
            StandardOpenOption mode = spec.append() ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
            return new FileStream(
                    FileChannel.open(Path.of(spec.path()), StandardOpenOption.CREATE, StandardOpenOption.WRITE, mode));
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(what + reason(e, spec.path()));
        }
    }

    /** Why a path could not be used, and what to do, in one line. */
    static String reason(Exception e, String path) {
        if (e instanceof NoSuchFileException) {
            Path parent = Path.of(path).toAbsolutePath().getParent();
            return parent == null || Files.exists(parent)
                    ? "no such file"
                    : "directory '" + parent + "' does not exist; create it first";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied; choose a place you may write to";
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason() + "; choose another path";
        }
        return e.getMessage() + "; choose another path";
    }

    @Override
    public int read(byte[] into) {
        return -1;
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void close() {
        Closing.close(channel);
    }
}
