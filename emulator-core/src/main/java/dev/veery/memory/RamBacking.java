package dev.veery.memory;

/** Host memory that backs guest RAM: contiguous, page-aligned, zeroed when handed out. */
public interface RamBacking extends AutoCloseable {
    /** Host virtual address of the first byte, a multiple of {@link RamBlock#PAGE_SIZE}. */
    long host();

    /** Bytes, a multiple of {@link RamBlock#PAGE_SIZE}. */
    long size();

    /** Gives the memory back; nobody may touch it any more. */
    @Override
    void close();
}
