package dev.veery.block;

import com.sun.nio.file.ExtendedOpenOption;
import dev.veery.base.ConfigException;
import dev.veery.memory.access.OffHeap;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/** A raw image: byte n of the disk is byte n of a file or of a block device. */
public final class RawImage implements BlockImage {
    /** Direct I/O wants addresses, offsets and lengths aligned to this; less is copied through a buffer. */
    private static final int DIRECT_ALIGNMENT = 4096;

    private static final int BOUNCE = 1 << 16;
    /** Longest piece of one call, so that lengths are ints. */
    private static final int PIECE = 1 << 30;

    private final FileChannel channel;
    private volatile long length;
    private volatile long fileEnd;
    private final DiskSpec spec;
    private final HostFile file;

    /** Aligned memory for direct I/O and for zeros. */
    private final long bounce;

    private RawImage(FileChannel channel, DiskSpec spec, HostFile file) throws IOException {
        this.channel = channel;
        this.spec = spec;
        this.file = file;
        measure();
        bounce = OffHeap.allocateUninitialized(BOUNCE, DIRECT_ALIGNMENT);
    }

    /**
     * Opens an image.
     *
     * @throws ConfigException if that is not possible, or someone else uses the file
     */
    public static RawImage open(DiskSpec spec, HostFile.Opener files) {
        String name = String.valueOf(spec.file());
        FileChannel channel = null;
        HostFile file = null;
        boolean done = false;
        try {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                throw new ConfigException("Could not open '" + name + "': Is a directory");
            }
            channel = FileChannel.open(path, options(spec));
            file = files.open(spec);
            if (spec.locking()) {
                lock(file, channel, spec, name);
            }
            RawImage image = new RawImage(channel, spec, file);
            done = true;
            return image;
        } catch (NoSuchFileException e) {
            throw new ConfigException("Could not open '" + name + "': No such file or directory");
        } catch (AccessDeniedException e) {
            throw new ConfigException("Could not open '" + name + "': Permission denied");
        } catch (InvalidPathException | IOException e) {
            throw new ConfigException("Could not open '" + name + "': " + e.getMessage());
        } finally {
            if (!done && channel != null) {
                closeQuietly(channel);
            }
            if (!done && file != null) {
                file.close();
            }
        }
    }

    private static Set<OpenOption> options(DiskSpec spec) {
        Set<OpenOption> options = new HashSet<>();
        options.add(StandardOpenOption.READ);
        if (!spec.readOnly()) {
            options.add(StandardOpenOption.WRITE);
        }
        if (spec.cache().direct()) {
            options.add(ExtendedOpenOption.DIRECT);
        }
        if (!spec.cache().writeback() && !spec.readOnly()) {
            options.add(StandardOpenOption.DSYNC);
        }
        return options;
    }

    /** Readers share a file, a writer has it alone; the lock goes with the process, however that ends. */
    private static void lock(HostFile file, FileChannel channel, DiskSpec spec, String name) throws IOException {
        HostFile.Locking locking = file.lock(!spec.readOnly());
        boolean held = locking == HostFile.Locking.UNSUPPORTED
                ? lockOfProcess(channel, spec)
                : locking == HostFile.Locking.HELD;
        if (!held) {
            throw new ConfigException("Failed to get \"" + (spec.readOnly() ? "shared" : "write") + "\" lock on '"
                    + name + "': is another process using the image, or another -drive?");
        }
    }

    private static boolean lockOfProcess(FileChannel channel, DiskSpec spec) throws IOException {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, spec.readOnly()) != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor is gone in any case, and there is nobody to act on it.
            assert !channel.isOpen();
        }
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public boolean readOnly() {
        return spec.readOnly();
    }

    @Override
    public boolean volatileCache() {
        return spec.cache().writeback();
    }

    @Override
    public boolean discards() {
        return spec.unmap();
    }

    private static boolean aligned(long bits) {
        return (bits & DIRECT_ALIGNMENT - 1) == 0;
    }

    @Override
    public void read(long offset, long host, long bytes) throws IOException {
        if (!spec.cache().direct() || aligned(offset | host | bytes)) {
            readPieces(offset, host, bytes);
            return;
        }
        long done = 0;
        while (done < bytes) {
            long from = offset + done & -DIRECT_ALIGNMENT;
            int skip = (int) (offset + done - from);
            int run = (int) Math.min(BOUNCE - skip, bytes - done);
            readPieces(from, bounce, skip + run + DIRECT_ALIGNMENT - 1 & -DIRECT_ALIGNMENT);
            OffHeap.copy(bounce + skip, host + done, run);
            done += run;
        }
    }

    @Override
    public void read(long offset, Pieces into) throws IOException {
        if (spec.cache().direct() && !aligned(offset, into)) {
            BlockImage.super.read(offset, into);
            return;
        }
        long at = offset;
        for (int i = 0; i < into.count(); i += HostFile.MOST_PIECES) {
            int end = Math.min(into.count(), i + HostFile.MOST_PIECES);
            long bytes = bytes(into, i, end);
            if (file.read(into, i, end - i, at) == bytes) {
                at += bytes;
                continue;
            }
            // Not possible here, or the end of the file: one after the other.
            for (int j = i; j < end; j++) {
                read(at, into.host(j), into.length(j));
                at += into.length(j);
            }
        }
    }

    @Override
    public void write(long offset, Pieces from) throws IOException {
        if (spec.cache().direct() && !aligned(offset, from)) {
            BlockImage.super.write(offset, from);
            return;
        }
        long at = offset;
        for (int i = 0; i < from.count(); i += HostFile.MOST_PIECES) {
            int end = Math.min(from.count(), i + HostFile.MOST_PIECES);
            long bytes = bytes(from, i, end);
            if (file.write(from, i, end - i, at) == bytes) {
                at += bytes;
                continue;
            }
            // Not possible here, or the file system is full: one after the other, which says why.
            for (int j = i; j < end; j++) {
                write(at, from.host(j), from.length(j));
                at += from.length(j);
            }
        }
    }

    private static boolean aligned(long offset, Pieces pieces) {
        long bits = offset;
        for (int i = 0; i < pieces.count(); i++) {
            bits |= pieces.host(i) | pieces.length(i);
        }
        return aligned(bits);
    }

    private static long bytes(Pieces pieces, int from, int end) {
        long bytes = 0;
        for (int i = from; i < end; i++) {
            bytes += pieces.length(i);
        }
        return bytes;
    }

    private void readPieces(long offset, long host, long bytes) throws IOException {
        long done = 0;
        while (done < bytes) {
            ByteBuffer buffer = OffHeap.buffer(host + done, (int) Math.min(PIECE, bytes - done));
            int got = channel.read(buffer, offset + done);
            if (got < 0) {
                // The last sector of a file that ends within it, or a file that was cut short.
                if (offset + done < fileEnd) {
                    throw new EOFException(spec.file() + " ends at " + (offset + done));
                }
                OffHeap.fill(host + done, bytes - done, 0);
                return;
            }
            done += got;
        }
    }

    @Override
    public void write(long offset, long host, long bytes) throws IOException {
        if (!spec.cache().direct() || aligned(offset | host | bytes)) {
            writePieces(offset, host, bytes);
            return;
        }
        long done = 0;
        while (done < bytes) {
            long to = offset + done & -DIRECT_ALIGNMENT;
            int skip = (int) (offset + done - to);
            int run = (int) Math.min(BOUNCE - skip, bytes - done);
            int whole = skip + run + DIRECT_ALIGNMENT - 1 & -DIRECT_ALIGNMENT;
            if (whole != run) {
                readPieces(to, bounce, whole);
            }
            OffHeap.copy(host + done, bounce + skip, run);
            writePieces(to, bounce, whole);
            done += run;
        }
    }

    private void writePieces(long offset, long host, long bytes) throws IOException {
        long done = 0;
        while (done < bytes) {
            ByteBuffer buffer = OffHeap.buffer(host + done, (int) Math.min(PIECE, bytes - done));
            done += channel.write(buffer, offset + done);
        }
    }

    @Override
    public void flush() throws IOException {
        if (!spec.cache().noFlush() && !spec.readOnly()) {
            channel.force(false);
        }
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        // Advice: a file system that cannot do it leaves things as they are.
        if (spec.unmap() && !spec.readOnly() && bytes > 0 && file.punch(offset, bytes)) {
            makeStable();
        }
    }

    /** After what does not go by the channel, which writes through by itself if it is to. */
    private void makeStable() throws IOException {
        if (!spec.cache().writeback()) {
            channel.force(false);
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean unmap) throws IOException {
        boolean done = bytes == 0 || (unmap && spec.unmap() ? file.punch(offset, bytes) : file.zero(offset, bytes));
        if (done) {
            makeStable();
        } else {
            writeZeros(offset, bytes);
        }
    }

    private void writeZeros(long offset, long bytes) throws IOException {
        OffHeap.fill(bounce, BOUNCE, 0);
        long done = 0;
        while (done < bytes) {
            int skip = (int) (offset + done & DIRECT_ALIGNMENT - 1);
            int run = (int) Math.min(BOUNCE - skip, bytes - done);
            if (spec.cache().direct() && !aligned(skip | run)) {
                zeroWithin(offset + done, skip, run);
            } else {
                writePieces(offset + done, bounce, run);
            }
            done += run;
        }
    }

    /** Zeros part of what direct I/O must write as a whole. */
    private void zeroWithin(long offset, int skip, int run) throws IOException {
        long to = offset - skip;
        int whole = skip + run + DIRECT_ALIGNMENT - 1 & -DIRECT_ALIGNMENT;
        readPieces(to, bounce, whole);
        OffHeap.fill(bounce + skip, run, 0);
        writePieces(to, bounce, whole);
        OffHeap.fill(bounce, BOUNCE, 0);
    }

    private void measure() throws IOException {
        fileEnd = channel.size();
        length = fileEnd + SECTOR - 1 & -SECTOR;
    }

    @Override
    public void resize(long bytes) throws IOException {
        if (spec.readOnly() || !file.resize(bytes)) {
            throw new IOException(spec.file() + " cannot be resized");
        }
        measure();
    }

    @Override
    public void close() {
        closeQuietly(channel);
        file.close();
        OffHeap.free(bounce);
    }
}
