package dev.veery.linux.sys;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.linux.abi.Mman;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;

/**
 * Guest RAM as anonymous memory, which gets the host's transparent huge pages where they are given on request; shared memory, such as
 * a memfd, seldom does. Pages are committed when they are first touched; until then they cost nothing. The mapping is
 * left out of children ({@code MADV_DONTFORK}), because a child that inherits it would move pinned pages away from under a
 * device, and has guards on both sides.
 */
public final class MappedRamAllocator implements RamAllocator {
    @Override
    public RamBacking allocate(String name, long size) {
        try {
            return map(name, size);
        } catch (SysException e) {
            throw new ConfigException("cannot allocate " + size / Units.MIB + " MiB for '" + name + "': "
                    + e.getMessage() + "; use a smaller -m, or raise the limit on address space (ulimit -v)");
        }
    }

    private static RamBacking map(String name, long size) {
        Mapping mapping = Mapping.anonymous(name, size);
        try {
            mapping.advise(Mman.MADV_DONTFORK);
            mapping.adviseIfKnown(Mman.MADV_HUGEPAGE);
            return new Backing(mapping);
        } catch (SysException e) {
            mapping.close();
            throw e;
        }
    }

    private static final class Backing implements RamBacking {
        private final Mapping mapping;

        Backing(Mapping mapping) {
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
        public void close() {
            mapping.close();
        }
    }
}
