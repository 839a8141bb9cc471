package dev.veery.block;

import java.io.IOException;

/** Gives parts of a file back to the file system, which Java cannot. */
public interface HolePuncher extends AutoCloseable {
    /** Makes the range read as zeros and take no space; false if the file system cannot. */
    boolean punch(long offset, long length) throws IOException;

    @Override
    void close();

    /** Opens files for that. */
    @FunctionalInterface
    interface Opener {
        /** For hosts where it is impossible. */
        Opener NONE = path -> new HolePuncher() {
            @Override
            public boolean punch(long offset, long length) {
                return false;
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };

        /** Opens the file for writing. */
        HolePuncher open(String path) throws IOException;
    }
}
