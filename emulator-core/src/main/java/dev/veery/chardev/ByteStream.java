package dev.veery.chardev;

import java.io.IOException;

/**
 * A host object that bytes come from and go to, both ways blocking. One thread reads while another writes, and any thread
 * may close.
 */
public interface ByteStream extends AutoCloseable {
    /**
     * Waits for bytes.
     *
     * @return how many were stored from index 0 on, at least 1; -1 at the end, after {@link #close}, or where there is no
     *     input
     */
    int read(byte[] into) throws IOException;

    /** Writes all of it. A stream whose peer is gone for now drops the bytes and returns. */
    void write(byte[] data, int offset, int length) throws IOException;

    /** Ends pending calls and releases the host object; may be called again. */
    @Override
    void close();
}
