package dev.veery.dma;

/** Where an access goes: filled by a {@link TranslationUnit}, reused by its caller. */
public final class Translation {
    private long address;
    private long length;

    /**
     * Fills it in.
     *
     * @param to guest physical address of the first byte
     * @param bytes how many from there on are translated alike, at least 1
     */
    public void set(long to, long bytes) {
        address = to;
        length = bytes;
    }

    /** Guest physical address of the first byte. */
    public long address() {
        return address;
    }

    /** How many bytes from there on are translated alike. */
    public long length() {
        return length;
    }
}
