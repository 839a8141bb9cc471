package dev.veery.memory;

/** An engine that keeps decoded guest code and must drop it when the bytes change. */
@FunctionalInterface
public interface CodeListener {
    /**
     * Bytes in chunks marked by {@link RamBlock#markCode} were written. Called after the write, on the thread that
     * wrote, which may be any; not necessarily with the machine lock held.
     *
     * <p>The marks of all chunks that were touched are gone already, so everything decoded from them has to go before the
     * writer's later stores can be seen to matter: at once, or by a request that the processor carries out before it
     * executes more. Must not block or write guest memory.
     *
     * @param offset of the first byte written, within the block; the range lies within one page
     * @param length bytes written, at least 1
     * @return chunks, as in {@link RamBlock#codeMask}, that are to be marked again because decoded code is left there
     */
    long codeWritten(RamBlock block, long offset, int length);
}
