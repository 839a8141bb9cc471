package dev.veery.block;

import java.io.IOException;

/** What an image's file can do on the host that Java cannot ask for: an open file of its own. */
public interface HostFile extends AutoCloseable {
    /** Most pieces of one {@link #read} or {@link #write}. */
    int MOST_PIECES = 1024;

    /** What these answer where there is no such thing. */
    long UNSUPPORTED = -1;

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

    /**
     * Reads into several pieces of memory with one call; by one thread at a time.
     *
     * @param from the first piece
     * @param count at most {@link #MOST_PIECES}
     * @return how many bytes, possibly fewer than asked for, 0 at the end of the file; or {@link #UNSUPPORTED}
     */
    default long read(Pieces into, int from, int count, long offset) throws IOException {
        return UNSUPPORTED;
    }

    /** Writes, as {@link #read} reads. */
    default long write(Pieces pieces, int from, int count, long offset) throws IOException {
        return UNSUPPORTED;
    }

    @Override
    void close();

    /** Opens files for that. */
    @FunctionalInterface
    interface Opener {
        /** For hosts where nothing of it is possible. */
        Opener NONE = spec -> new HostFile() {
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

        /** Opens the file of a disk, with the disk's way to stable storage. */
        HostFile open(DiskSpec spec) throws IOException;
    }
}
