package dev.veery.memory;

/** Someone who writes guest RAM past {@link RamBlock#noteWrite} where that is allowed, as a TLB hit does. */
@FunctionalInterface
public interface TrackingListener {
    /**
     * Pages of the block that needed no {@link RamBlock#noteWrite} may need it now: forget what
     * {@link RamBlock#writeTracked} said. Returns only when no write relies on the old answer, or arranges that before
     * the next guest instruction.
     */
    void trackingChanged(RamBlock block);
}
