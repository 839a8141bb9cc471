package dev.veery.virtio;

/** Feature bits of every device (chapter 6), as masks. */
public final class Features {
    public static final long INDIRECT_DESC = 1L << 28;
    public static final long EVENT_IDX = 1L << 29;
    public static final long VERSION_1 = 1L << 32;
    public static final long ACCESS_PLATFORM = 1L << 33;
    public static final long RING_PACKED = 1L << 34;

    private Features() {}
}
