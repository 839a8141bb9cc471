package dev.veery.linux.file;

import dev.veery.block.DiskSpec;
import dev.veery.block.HostFile;
import dev.veery.block.Pieces;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Unistd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;

/**
 * A disk image by its descriptor: fallocate(2), and locks that belong to the open file, not to the process. They are those
 * of QEMU, so that the two programs respect each other: a byte for each thing a user does, one for each that it does not
 * bear from others. All are taken as shared locks; whether they go together is asked afterwards, so two that come at once
 * may both give up, but never both go on.
 */
public final class LinuxDiskFile implements HostFile {
    private static final int DOES = 100;
    private static final int DOES_NOT_BEAR = 200;

    private static final int READ = 1;
    private static final int WRITE = 1 << 1;
    private static final int RESIZE = 1 << 3;
    private static final int KINDS = 4;

    private final Fd file;

    /** {@link #MOST_PIECES} times {@code struct iovec}. */
    private final long iovecs = OffHeap.allocate((long) MOST_PIECES * Unistd.SIZEOF_IOVEC);

    private boolean closed;

    private LinuxDiskFile(Fd file) {
        this.file = file;
    }

    /** Opens the file of a disk. */
    public static HostFile open(DiskSpec spec) throws IOException {
        int flags = spec.cache().direct() ? Fcntl.O_DIRECT : 0;
        flags |= spec.cache().writeback() || spec.readOnly() ? 0 : Fcntl.O_DSYNC;
        return open(String.valueOf(spec.file()), !spec.readOnly(), flags);
    }

    /** Opens a file. */
    static HostFile open(String path, boolean write, int flags) throws IOException {
        try {
            return new LinuxDiskFile(Fd.open(path, flags | (write ? Fcntl.O_RDWR : Fcntl.O_RDONLY), 0));
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public Locking lock(boolean write) throws IOException {
        int does = READ | (write ? WRITE : 0);
        int doesNotBear = WRITE | RESIZE;
        long flock = OffHeap.allocate(Fcntl.SIZEOF_FLOCK);
        try {
            for (int kind = 0; kind < KINDS; kind++) {
                if ((does >>> kind & 1) != 0) {
                    take(flock, DOES + kind);
                }
                if ((doesNotBear >>> kind & 1) != 0) {
                    take(flock, DOES_NOT_BEAR + kind);
                }
            }
            for (int kind = 0; kind < KINDS; kind++) {
                boolean refused = (does >>> kind & 1) != 0 && taken(flock, DOES_NOT_BEAR + kind);
                if (refused || (doesNotBear >>> kind & 1) != 0 && taken(flock, DOES + kind)) {
                    return Locking.REFUSED;
                }
            }
            return Locking.HELD;
        } catch (SysException e) {
            if (e.errno() == Errno.EINVAL || e.errno() == Errno.EOPNOTSUPP) {
                return Locking.UNSUPPORTED;
            }
            if (e.errno() == Errno.EAGAIN || e.errno() == Errno.EACCES) {
                // Somebody has the whole file.
                return Locking.REFUSED;
            }
            throw new IOException(e);
        } finally {
            OffHeap.free(flock);
        }
    }

    private void describe(long flock, int type, long start) {
        OffHeap.fill(flock, Fcntl.SIZEOF_FLOCK, 0);
        OffHeap.putShort(flock + Fcntl.FLOCK_TYPE, type);
        OffHeap.putLong(flock + Fcntl.FLOCK_START, start);
        OffHeap.putLong(flock + Fcntl.FLOCK_LEN, 1);
    }

    private void take(long flock, long at) {
        describe(flock, Fcntl.F_RDLCK, at);
        file.fcntl(Fcntl.F_OFD_SETLK, flock);
    }

    /** Whether somebody else has a lock there. */
    private boolean taken(long flock, long at) {
        describe(flock, Fcntl.F_WRLCK, at);
        file.fcntl(Fcntl.F_OFD_GETLK, flock);
        return OffHeap.getShort(flock + Fcntl.FLOCK_TYPE) != Fcntl.F_UNLCK;
    }

    @Override
    public boolean punch(long offset, long length) throws IOException {
        return allocate(Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE, offset, length);
    }

    @Override
    public boolean zero(long offset, long length) throws IOException {
        return allocate(Fcntl.FALLOC_FL_ZERO_RANGE | Fcntl.FALLOC_FL_KEEP_SIZE, offset, length);
    }

    private boolean allocate(int mode, long offset, long length) throws IOException {
        try {
            return file.fallocate(mode, offset, length);
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public boolean resize(long length) throws IOException {
        try {
            file.truncate(length);
            return true;
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public long read(Pieces into, int from, int count, long offset) throws IOException {
        return Fd.vectors() ? move(false, into, from, count, offset) : UNSUPPORTED;
    }

    @Override
    public long write(Pieces pieces, int from, int count, long offset) throws IOException {
        return Fd.vectors() ? move(true, pieces, from, count, offset) : UNSUPPORTED;
    }

    private long move(boolean write, Pieces pieces, int from, int count, long offset) throws IOException {
        for (int i = 0; i < count; i++) {
            long iovec = iovecs + (long) i * Unistd.SIZEOF_IOVEC;
            OffHeap.putLong(iovec + Unistd.IOVEC_BASE, pieces.host(from + i));
            OffHeap.putLong(iovec + Unistd.IOVEC_LEN, pieces.length(from + i));
        }
        try {
            return write ? file.pwritev(iovecs, count, offset) : file.preadv(iovecs, count, offset);
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            file.close();
            OffHeap.free(iovecs);
        }
    }
}
