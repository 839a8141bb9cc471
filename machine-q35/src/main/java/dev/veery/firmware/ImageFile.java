package dev.veery.firmware;

import dev.veery.base.ConfigException;
import dev.veery.base.Unsigned;
import dev.veery.memory.AddressSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file the user named, read in pieces so that its size does not matter; errors name it. */
final class ImageFile implements AutoCloseable {
    private static final int CHUNK = 1 << 18;

    private final String what;
    private final String name;
    private final FileChannel channel;
    private final long size;

    private ImageFile(String what, String name, FileChannel channel, long size) {
        this.what = what;
        this.name = name;
        this.channel = channel;
        this.size = size;
    }

    /**
     * Opens a file that is not empty.
     *
     * @param what the role of the file for messages: "kernel", "initrd"
     */
    static ImageFile open(String what, String name) {
        try {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                throw unopened(what, name, "Is a directory");
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            ImageFile file = new ImageFile(what, name, channel, channel.size());
            if (file.size == 0) {
                file.close();
                throw file.bad("the file is empty");
            }
            return file;
        } catch (NoSuchFileException | InvalidPathException e) {
            throw unopened(what, name, "No such file");
        } catch (AccessDeniedException e) {
            throw unopened(what, name, "Permission denied");
        } catch (IOException e) {
            throw unopened(what, name, String.valueOf(e.getMessage()));
        }
    }

    private static ConfigException unopened(String what, String name, String why) {
        return new ConfigException("could not open " + what + " '" + name + "': " + why);
    }

    /** The complaint that the file's contents cannot be used. */
    ConfigException bad(String why) {
        return new ConfigException("could not load " + what + " '" + name + "': " + why);
    }

    String name() {
        return name;
    }

    long size() {
        return size;
    }

    /** Whether {@code length} bytes at {@code offset} exist; both unsigned. */
    boolean contains(long offset, long length) {
        return Unsigned.fits(offset, length, size);
    }

    /** Reads bytes that the caller has checked with {@link #contains}, or complains that the file is truncated. */
    ByteBuffer read(long offset, int length) {
        if (!contains(offset, length)) {
            throw bad("the file is truncated at " + size + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        fill(buffer, offset);
        return buffer.flip();
    }

    /** Reads at most {@code length} bytes, fewer at the end of the file. */
    ByteBuffer readUpTo(long offset, int length) {
        return read(offset, (int) Math.max(0, Math.min(length, size - offset)));
    }

    private void fill(ByteBuffer buffer, long offset) {
        try {
            long at = offset;
            while (buffer.hasRemaining()) {
                int n = channel.read(buffer, at);
                if (n < 0) {
                    throw bad("the file shrank while it was read");
                }
                at += n;
            }
        } catch (IOException e) {
            throw bad("read error: " + e.getMessage());
        }
    }

    /** Copies a part of the file, which must exist, to guest memory. */
    void copyTo(AddressSpace memory, long offset, long address, long length) {
        if (!contains(offset, length)) {
            throw bad("the file is truncated at " + size + " bytes");
        }
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, length));
        for (long done = 0; done < length; done += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK, length - done));
            fill(chunk, offset + done);
            memory.write(address + done, chunk.array(), 0, chunk.limit());
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw bad("close failed: " + e.getMessage());
        }
    }
}
