package dev.veery.dma;

import dev.veery.memory.RamBlock;
import org.jspecify.annotations.Nullable;

/**
 * A piece of guest RAM that a device may use without a copy: filled by {@link DmaDomain#slice}, reused by its caller. It
 * stays good as long as the machine exists, whatever the guest unmaps meanwhile, and never reaches beyond guest RAM.
 */
public final class DmaSlice {
    private long host;
    private long length;
    private @Nullable RamBlock block;
    private long offset;

    void set(RamBlock in, long at, long bytes) {
        block = in;
        offset = at;
        host = in.host() + at;
        length = bytes;
    }

    void clear() {
        block = null;
        host = 0;
        length = 0;
    }

    /** Host virtual address of the first byte, or 0 if there is none. */
    public long host() {
        return host;
    }

    /** Bytes. */
    public long length() {
        return length;
    }

    /** The memory it is a part of, or null if there is none. */
    public @Nullable RamBlock block() {
        return block;
    }

    /** Where in {@link #block} it begins. */
    public long offset() {
        return offset;
    }

    /** Must follow each write of its first {@code bytes} bytes: the processors may have decoded them. */
    public void written(long bytes) {
        RamBlock in = block;
        if (in != null && bytes > 0) {
            in.noteWrite(offset, Math.min(bytes, length));
        }
    }
}
