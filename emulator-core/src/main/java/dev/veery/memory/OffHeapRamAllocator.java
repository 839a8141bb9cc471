package dev.veery.memory;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.memory.access.OffHeap;

/** RAM from the JVM's own off-heap allocator: works on every host, shares with no other process. */
public final class OffHeapRamAllocator implements RamAllocator {
    @Override
    public RamBacking allocate(String name, long size) {
        long host;
        try {
            host = OffHeap.allocateUninitialized(size, RamBlock.PAGE_SIZE);
        } catch (OutOfMemoryError e) {
            throw new ConfigException(
                    "cannot allocate " + size / Units.MIB + " MiB for '" + name + "': the host has not enough memory");
        }
        zero(host, size);
        return new Backing(host, size);
    }

    /**
     * Writes only pages that are not zero already. Reading an untouched page maps the kernel's shared zero page, so a
     * large allocation, which is fresh from the kernel, stays uncommitted.
     */
    private static void zero(long host, long size) {
        for (long page = host; page != host + size; page += RamBlock.PAGE_SIZE) {
            if (!isZero(page)) {
                OffHeap.fill(page, RamBlock.PAGE_SIZE, 0);
            }
        }
    }

    private static boolean isZero(long page) {
        long any = 0;
        for (long at = page; at != page + RamBlock.PAGE_SIZE; at += 32) {
            any |= OffHeap.getLong(at) | OffHeap.getLong(at + 8) | OffHeap.getLong(at + 16) | OffHeap.getLong(at + 24);
        }
        return any == 0;
    }

    private static final class Backing implements RamBacking {
        private long host;
        private final long size;

        Backing(long host, long size) {
            this.host = host;
            this.size = size;
        }

        @Override
        public long host() {
            return host;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void close() {
            if (host != 0) {
                OffHeap.free(host);
                host = 0;
            }
        }
    }
}
