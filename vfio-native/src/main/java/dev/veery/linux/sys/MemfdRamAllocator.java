package dev.veery.linux.sys;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Mman;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;

/**
 * Guest RAM as a memfd, mapped shared: the kernel, a device driver or another process can map the same pages. Pages are
 * committed when they are first touched; until then they cost nothing. The mapping is left out of children
 * ({@code MADV_DONTFORK}), because a child that inherits it would move pinned pages away from under a device, and has
 * guards on both sides.
 */
public final class MemfdRamAllocator implements RamAllocator {
    private final boolean hugePages;

    /**
     * Makes an allocator.
     *
     * @param hugePages whether to ask for transparent huge pages; a kernel that has none uses small ones
     */
    public MemfdRamAllocator(boolean hugePages) {
        this.hugePages = hugePages;
    }

    @Override
    public RamBacking allocate(String name, long size) {
        try {
            return map(name, size);
        } catch (SysException e) {
            throw new ConfigException("cannot allocate " + size / Units.MIB + " MiB for '" + name + "': "
                    + e.getMessage() + "; " + remedy(e.errno()));
        }
    }

    private static String remedy(int errno) {
        return switch (errno) {
            case Errno.EMFILE, Errno.ENFILE -> "raise the limit on open files (ulimit -n)";
            case Errno.EFBIG -> "raise the limit on file size (ulimit -f)";
            default -> "use a smaller -m, or raise the limit on address space (ulimit -v)";
        };
    }

    private RamBacking map(String name, long size) {
        int number = LibC.memfd_create(name, Mman.MFD_CLOEXEC);
        if (number < 0) {
            throw SysException.last("memfd_create", name);
        }
        Fd fd = Fd.own(number, name);
        try {
            fd.truncate(size);
            Mapping mapping = Mapping.shared(fd, size);
            try {
                mapping.advise(Mman.MADV_DONTFORK);
                if (hugePages) {
                    mapping.adviseIfKnown(Mman.MADV_HUGEPAGE);
                }
                return new Backing(fd, mapping);
            } catch (SysException e) {
                mapping.close();
                throw e;
            }
        } catch (SysException e) {
            fd.close();
            throw e;
        }
    }

    private static final class Backing implements RamBacking {
        private final Fd fd;
        private final Mapping mapping;

        Backing(Fd fd, Mapping mapping) {
            this.fd = fd;
            this.mapping = mapping;
        }

        @Override
        public long host() {
            return mapping.address();
        }

        @Override
        public long size() {
            return mapping.length();
        }

        @Override
        public int fileDescriptor() {
            return fd.number();
        }

        @Override
        public void close() {
            mapping.close();
            fd.close();
        }
    }
}
