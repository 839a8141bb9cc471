package dev.veery.linux.sys;

import dev.veery.base.Units;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Mman;

/**
 * Host memory mapped between two guards: {@link #GUARD} bytes on either side that nobody can touch, so that a wrong offset
 * faults instead of changing something else.
 */
public final class Mapping implements AutoCloseable {
    /** Bytes of address space reserved before and after. */
    public static final long GUARD = Units.MIB;
    /** The alignment of the mapping, which lets the kernel use its 2 MiB pages. */
    public static final long ALIGNMENT = 2 * Units.MIB;

    private final String name;
    private final long reserved;
    private final long reservedLength;
    private final long address;
    private final long length;
    private boolean closed;

    private Mapping(String name, long reserved, long reservedLength, long address, long length) {
        this.name = name;
        this.reserved = reserved;
        this.reservedLength = reservedLength;
        this.address = address;
        this.length = length;
    }

    /**
     * Maps the first {@code length} bytes of a file, shared, readable and writable.
     *
     * @param length bytes, a positive multiple of the host's page size
     */
    public static Mapping shared(Fd file, long length) {
        return shared(file, 0, length, Mman.PROT_READ | Mman.PROT_WRITE);
    }

    /**
     * As {@link #shared(Fd, long)}, from another place of the file and with other rights.
     *
     * @param offset in the file, a multiple of the host's page size
     * @param protection {@code PROT_*} of {@link Mman}
     */
    public static Mapping shared(Fd file, long offset, long length, int protection) {
        return place(file.name(), length, protection, Mman.MAP_SHARED, file.number(), offset);
    }

    /**
     * Memory of the process's own, readable and writable, which is committed when it is touched.
     *
     * @param name for messages
     * @param length bytes, a positive multiple of the host's page size
     */
    public static Mapping anonymous(String name, long length) {
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE;
        return place(name, length, Mman.PROT_READ | Mman.PROT_WRITE, flags, -1, 0);
    }

    private static Mapping place(String name, long length, int protection, int flags, int fd, long offset) {
        long reservedLength = length + 2 * GUARD + ALIGNMENT;
        long reserved = map(
                name,
                0,
                reservedLength,
                Mman.PROT_NONE,
                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE,
                -1,
                0);
        long address = reserved + GUARD + ALIGNMENT - 1 & -ALIGNMENT;
        Mapping mapping = new Mapping(name, reserved, reservedLength, address, length);
        try {
            map(name, address, length, protection, flags | Mman.MAP_FIXED, fd, offset);
        } catch (SysException e) {
            mapping.close();
            throw e;
        }
        return mapping;
    }

    private static long map(String name, long address, long length, int protection, int flags, int fd, long offset) {
        long result = LibC.mmap(address, length, protection, flags, fd, offset);
        if (result == -1) {
            throw SysException.last("mmap", name);
        }
        return result;
    }

    /** The address of the first byte, a multiple of {@link #ALIGNMENT}. */
    public long address() {
        return address;
    }

    /** Bytes between the guards. */
    public long length() {
        return length;
    }

    /** Advises the kernel about the whole mapping: {@code MADV_*} of {@link Mman}. */
    public void advise(int advice) {
        if (LibC.madvise(address, length, advice) < 0) {
            throw SysException.last("madvise", name);
        }
    }

    /**
     * As {@link #advise}, for advice that a kernel may have been built without.
     *
     * @return whether the kernel knows it
     */
    public boolean adviseIfKnown(int advice) {
        if (LibC.madvise(address, length, advice) == 0) {
            return true;
        }
        if (LibC.errno() == Errno.EINVAL) {
            return false;
        }
        throw SysException.last("madvise", name);
    }

    /**
     * Commits a part ahead of its first touch (Linux 5.14).
     *
     * @param offset bytes, a multiple of the host's page size, as is {@code size}
     * @return whether all of it is there now; whoever touches it meets the reason why it is not
     */
    boolean populate(long offset, long size) {
        return LibC.madvise(address + offset, size, Mman.MADV_POPULATE_WRITE) == 0;
    }

    /** Unmaps memory and guards, once; nobody may touch it any more. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (LibC.munmap(reserved, reservedLength) < 0) {
                throw SysException.last("munmap", name);
            }
        }
    }
}
