package dev.veery.block;

import java.io.IOException;

/** One request to a disk. */
public interface DiskJob {
    /** Does the work, which may block; on the queue's thread, without the machine lock. */
    void perform(BlockImage image) throws IOException;

    /**
     * Reports; with the machine lock held.
     *
     * @param failure what {@link #perform} threw, or null
     */
    void done(@org.jspecify.annotations.Nullable IOException failure);
}
