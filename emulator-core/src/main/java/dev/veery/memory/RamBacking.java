package dev.veery.memory;

/** Host memory that backs guest RAM: contiguous, page-aligned, zeroed when handed out. */
public interface RamBacking extends AutoCloseable {
    /** Host virtual address of the first byte, a multiple of {@link RamBlock#PAGE_SIZE}. */
    long host();

    /** Bytes, a multiple of {@link RamBlock#PAGE_SIZE}. */
    long size();

    /** A file descriptor that other processes or the kernel can map at offset 0, or -1. */
    default int fileDescriptor() {
        return -1;
    }

    /** Gives the memory back; nobody may touch it any more. */
    @Override
    void close();
}
