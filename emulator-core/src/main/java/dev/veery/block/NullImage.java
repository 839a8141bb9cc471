package dev.veery.block;

import dev.veery.memory.access.OffHeap;

/** Zeros to read, nowhere to write: QEMU's {@code null-co}. */
public final class NullImage implements BlockImage {
    private volatile long length;
    private final boolean readOnly;

    /** A disk of {@code length} bytes. */
    public NullImage(long length, boolean readOnly) {
        this.length = length;
        this.readOnly = readOnly;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean volatileCache() {
        return false;
    }

    @Override
    public boolean discards() {
        return true;
    }

    @Override
    public void read(long offset, long host, long bytes) {
        OffHeap.fill(host, bytes, 0);
    }

    @Override
    public void write(long offset, long host, long bytes) {
        // Gone.
    }

    @Override
    public void flush() {
        // Nothing is kept.
    }

    @Override
    public void discard(long offset, long bytes) {
        // Nothing is kept.
    }

    @Override
    public void zero(long offset, long bytes, boolean unmap) {
        // It is all zeros.
    }

    @Override
    public void resize(long bytes) {
        length = bytes;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
