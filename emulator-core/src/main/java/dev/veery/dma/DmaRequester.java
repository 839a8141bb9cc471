package dev.veery.dma;

/** Whoever puts transactions on a bus. */
public interface DmaRequester {
    /** Where it sits, in words that stay the same whatever the guest does: {@code pcie.0/03.0}. */
    String path();

    /**
     * Bus, device and function as 16 bits, as its transactions carry them now: the guest numbers buses, and a bridge may
     * put its own in.
     */
    int id();

    /** Whether its transactions get through: its own bus master enable bit and that of each bridge above. */
    boolean mastering();
}
