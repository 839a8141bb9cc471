package dev.veery.irq;

/** Hears the end-of-interrupt broadcasts of level-triggered vectors: an I/O APIC. Called with the machine lock held. */
@FunctionalInterface
public interface EoiListener {
    /** A local APIC ended level-triggered {@code vector}, 16 to 255. */
    void endOfInterrupt(int vector);
}
