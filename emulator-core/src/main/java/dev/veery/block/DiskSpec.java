package dev.veery.block;

import org.jspecify.annotations.Nullable;

/**
 * A disk as the user describes it; immutable.
 *
 * @param id what devices call it
 * @param file path of the raw image; null for a disk of zeros
 * @param length bytes of a disk of zeros
 * @param readOnly whether writes are refused
 * @param cache how writes reach stable storage
 * @param unmap whether discards give space back
 * @param locking whether the file is locked against other users
 */
public record DiskSpec(
        String id,
        @Nullable String file,
        long length,
        boolean readOnly,
        CacheMode cache,
        boolean unmap,
        boolean locking) {}
