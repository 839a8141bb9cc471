package dev.veery.device.fwcfg;

/** Learns what the guest wrote into a file. */
@FunctionalInterface
public interface FwCfgWriteListener {
    /**
     * The guest replaced {@code length} bytes of the file from {@code offset} on; the array given with the file has them.
     * Called with the machine lock held.
     */
    void written(int offset, int length);
}
