package dev.veery.block;

import dev.veery.base.ConfigException;

/**
 * How writes reach stable storage.
 *
 * @param writeback a write may be complete before it is stable; the guest flushes
 * @param direct past the host's page cache
 * @param noFlush flushes are ignored
 */
public record CacheMode(boolean writeback, boolean direct, boolean noFlush) {
    /** What QEMU does unless told otherwise. */
    public static final CacheMode WRITEBACK = new CacheMode(true, false, false);

    /**
     * Parses the word that {@code cache=} takes.
     *
     * @throws ConfigException if there is no such mode
     */
    public static CacheMode parse(String word) {
        switch (word) {
            case "writeback":
                return WRITEBACK;
            case "none":
            case "off":
                return new CacheMode(true, true, false);
            case "writethrough":
                return new CacheMode(false, false, false);
            case "directsync":
                return new CacheMode(false, true, false);
            case "unsafe":
                return new CacheMode(true, false, true);
            default:
                throw new ConfigException(
                        "invalid cache option '" + word + "', only writeback, none, writethrough, directsync, unsafe");
        }
    }
}
