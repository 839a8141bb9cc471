package dev.veery.block;

import java.io.IOException;

/** What an image's file can do on the host that Java cannot ask for: an open file of its own. */
public interface HostFile extends AutoCloseable {
    /** How an attempt to lock ended. */
    enum Locking {
        /** The file is this user's. */
        HELD,
        /** Somebody uses it in a way that does not go together. */
        REFUSED,
        /** There are no such locks here. */
        UNSUPPORTED
    }

    /**
     * Locks against other users, those of this process included, until the file is closed: readers share it, a writer has
     * it alone.
     */
    Locking lock(boolean write) throws IOException;

    /** Makes the range read as zeros and take no space; false if the file system cannot. */
    boolean punch(long offset, long length) throws IOException;

    /** Makes the range read as zeros and keep its space; false if the file system cannot. */
    boolean zero(long offset, long length) throws IOException;

    /** Sets the file's length; false if this host cannot. */
    boolean resize(long length) throws IOException;

    @Override
    void close();

    /** Opens files for that. */
    @FunctionalInterface
    interface Opener {
        /** For hosts where nothing of it is possible. */
        Opener NONE = (path, write) -> new HostFile() {
            @Override
            public Locking lock(boolean writer) {
                return Locking.UNSUPPORTED;
            }

            @Override
            public boolean punch(long offset, long length) {
                return false;
            }

            @Override
            public boolean zero(long offset, long length) {
                return false;
            }

            @Override
            public boolean resize(long length) {
                return false;
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };

        /** Opens the file, for writing if {@code write}. */
        HostFile open(String path, boolean write) throws IOException;
    }
}
