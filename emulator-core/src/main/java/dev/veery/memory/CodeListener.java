package dev.veery.memory;

/** An engine that keeps decoded guest code and must drop it when the bytes change. */
@FunctionalInterface
public interface CodeListener {
    /**
     * Bytes in chunks marked by {@link RamBlock#markCode} were written. Called after the write, on the thread that
     * wrote, which may be any; not necessarily with the machine lock held.
     *
     * @param offset of the first byte written, within the block; the range lies within one page
     * @param length bytes written, at least 1
     */
    void codeWritten(RamBlock block, long offset, int length);
}
