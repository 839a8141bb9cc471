package dev.veery.block;

import java.io.IOException;

/** A disk's contents. The methods may block; they are called by one thread at a time, without the machine lock. */
public interface BlockImage extends AutoCloseable {
    /** Bytes of a sector, the unit of everything. */
    int SECTOR = 512;

    /** Bytes; may be asked by any thread. */
    long length();

    /** Whether writes are refused. */
    boolean readOnly();

    /** Whether a write may be complete before it is on stable storage, so that {@link #flush} has something to do. */
    boolean volatileCache();

    /** Whether {@link #discard} gives space back. */
    boolean discards();

    /**
     * Reads into host memory; the range lies within the image.
     *
     * @param host address of {@code length} writable bytes
     */
    void read(long offset, long host, long length) throws IOException;

    /** Writes from host memory; the range lies within the image, which is not read-only. */
    void write(long offset, long host, long length) throws IOException;

    /** Reads into pieces of host memory that together are as long as the range. */
    default void read(long offset, Pieces into) throws IOException {
        long at = offset;
        for (int i = 0; i < into.count(); i++) {
            read(at, into.host(i), into.length(i));
            at += into.length(i);
        }
    }

    /** Writes from pieces of host memory that together are as long as the range. */
    default void write(long offset, Pieces from) throws IOException {
        long at = offset;
        for (int i = 0; i < from.count(); i++) {
            write(at, from.host(i), from.length(i));
            at += from.length(i);
        }
    }

    /** Returns when everything written before is on stable storage. */
    void flush() throws IOException;

    /** The range's contents do not matter any more. */
    void discard(long offset, long length) throws IOException;

    /**
     * Makes the range read as zeros.
     *
     * @param unmap whether it may take no space afterwards
     */
    void zero(long offset, long length, boolean unmap) throws IOException;

    /**
     * Makes it longer, with zeros, or shorter.
     *
     * @param bytes a multiple of {@link #SECTOR}
     */
    void resize(long bytes) throws IOException;

    /** Releases the host's file; what was written and not flushed stays with the host. */
    @Override
    void close();
}
