package dev.veery.memory;

/**
 * Device registers behind a region of memory or of port space. Called with the machine lock held. Whatever the guest
 * does has an architectural result: these never throw.
 */
public interface MmioHandler {
    /**
     * Reads.
     *
     * @param offset within the region, in bytes
     * @param size 1, 2, 4 or 8 bytes, within the sizes the region was declared with
     * @return the value; bits above the size are ignored
     */
    long read(long offset, int size);

    /**
     * Writes.
     *
     * @param value zero-extended from {@code size} bytes
     */
    void write(long offset, int size, long value);
}
