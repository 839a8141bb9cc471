package dev.veery.memory;

/**
 * A register whose write is only a signal. An accelerator may take such writes without telling the region's handler, let the
 * guest go on at once, and call {@code rung} soon from a thread of its own, once for one or more writes. Where none does, the
 * handler gets the write as any other.
 *
 * @param offset within the region
 * @param size of the write in bytes, 0 for any
 * @param match only writes of {@code value} count
 * @param rung called with the machine lock held; by then the device may have been reset
 */
public record Doorbell(long offset, int size, boolean match, long value, Runnable rung) {
    /** For {@code rung}: nobody wants to hear of it, and no thread wakes up for it. */
    public static final Runnable UNHEARD = () -> {};

    /** A doorbell for writes of any value and width. */
    public static Doorbell any(long offset, Runnable rung) {
        return new Doorbell(offset, 0, false, 0, rung);
    }
}
