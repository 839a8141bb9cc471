package dev.veery.linux.sys;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.linux.abi.Mman;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Guest RAM as anonymous memory, which gets the host's transparent huge pages where they are given on request; shared memory, such as
 * a memfd, seldom does. Pages are committed when they are first touched, and until then cost nothing, or at once. The mapping is
 * left out of children ({@code MADV_DONTFORK}), because a child that inherits it would move pinned pages away from under a
 * device, and has guards on both sides.
 */
public final class MappedRamAllocator implements RamAllocator {
    /** What is smaller is not worth a thread. */
    private static final long MIN_BYTES = 32 * Units.MIB;

    private final int threads;
    private final List<Population> populations = new ArrayList<>();
    private @Nullable RamBacking begun;

    /** Commits pages when they are touched. */
    public MappedRamAllocator() {
        this(0);
    }

    /**
     * Commits them in the background.
     *
     * @param threads how many threads do that for each piece of memory; 0 for none
     */
    public MappedRamAllocator(int threads) {
        this.threads = threads;
    }

    /**
     * Begins to commit memory that is allocated later, if any is to be committed in the background: the first allocation of
     * that size gets it. By the thread that allocates.
     *
     * @throws ConfigException as {@link #allocate}
     */
    public void begin(String name, long size) {
        if (threads > 0) {
            begun = allocate(name, size);
        }
    }

    /** Returns when all memory that is committed in the background is there. By the thread that allocates. */
    public void finish() {
        populations.forEach(Population::finish);
    }

    @Override
    public RamBacking allocate(String name, long size) {
        RamBacking ready = begun;
        if (ready != null && ready.size() == size) {
            begun = null;
            return ready;
        }
        try {
            return map(name, size);
        } catch (SysException e) {
            throw new ConfigException("cannot allocate " + size / Units.MIB + " MiB for '" + name + "': "
                    + e.getMessage() + "; use a smaller -m, or raise the limit on address space (ulimit -v)");
        }
    }

    private RamBacking map(String name, long size) {
        Mapping mapping = Mapping.anonymous(name, size);
        try {
            mapping.advise(Mman.MADV_DONTFORK);
            mapping.adviseIfKnown(Mman.MADV_HUGEPAGE);
            Population population = Population.start(mapping, size < MIN_BYTES ? 0 : threads);
            populations.add(population);
            return new Backing(mapping, population);
        } catch (SysException e) {
            mapping.close();
            throw e;
        }
    }

    private static final class Backing implements RamBacking {
        private final Mapping mapping;
        private final Population population;

        Backing(Mapping mapping, Population population) {
            this.mapping = mapping;
            this.population = population;
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
            population.close();
            mapping.close();
        }
    }
}
