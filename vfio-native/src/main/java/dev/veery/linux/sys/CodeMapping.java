package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Mman;

/**
 * Memory for machine code: a memfd mapped once to be written and once to be executed, each view between guards, so that no
 * address is ever both. Children do not inherit the views.
 */
public final class CodeMapping implements AutoCloseable {
    /** {@code linux/memfd.h}, since Linux 6.3; the C library's headers may be older, so it is not in {@code Mman}. */
    private static final int MFD_EXEC = 0x10;

    private static final long PAGE = 4096;

    private final Mapping writable;
    private final Mapping executable;

    private CodeMapping(Mapping writable, Mapping executable) {
        this.writable = writable;
        this.executable = executable;
    }

    /**
     * Maps zeroed memory.
     *
     * @param size bytes, rounded up to pages
     */
    public static CodeMapping map(String name, long size) {
        long length = size + PAGE - 1 & -PAGE;
        try (Fd file = memfd(name)) {
            file.truncate(length);
            Mapping executable = Mapping.shared(file, 0, length, Mman.PROT_READ | Mman.PROT_EXEC);
            try {
                executable.advise(Mman.MADV_DONTFORK);
                Mapping writable = Mapping.shared(file, length);
                try {
                    writable.advise(Mman.MADV_DONTFORK);
                    return new CodeMapping(writable, executable);
                } catch (SysException e) {
                    writable.close();
                    throw e;
                }
            } catch (SysException e) {
                executable.close();
                throw e;
            }
        }
    }

    private static Fd memfd(String name) {
        int number = LibC.memfd_create(name, Mman.MFD_CLOEXEC | MFD_EXEC);
        // A kernel that does not know the flag allows execution anyway.
        if (number < 0 && LibC.errno() == Errno.EINVAL) {
            number = LibC.memfd_create(name, Mman.MFD_CLOEXEC);
        }
        if (number < 0) {
            throw SysException.last("memfd_create", name);
        }
        return Fd.own(number, name);
    }

    /** Where the first byte is written. */
    public long writable() {
        return writable.address();
    }

    /** Where the first byte runs. */
    public long executable() {
        return executable.address();
    }

    /** Bytes, a multiple of the page size. */
    public long size() {
        return writable.length();
    }

    /** Unmaps both views, once. */
    @Override
    public void close() {
        writable.close();
        executable.close();
    }
}
