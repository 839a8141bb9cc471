package dev.veery.dma;

/** How a device's access ended; never an exception, because the guest causes all of these. */
public final class DmaStatus {
    /** It was made. */
    public static final int OK = 0;

    /** The device, or a bridge above it, may not master the bus. */
    public static final int NOT_MASTER = 1;

    /** The translation unit refused it, and has told the guest if that is its way. */
    public static final int FAULT = 2;

    /** The address is not RAM, or a write met read-only memory. */
    public static final int NOT_RAM = 3;

    private DmaStatus() {}
}
