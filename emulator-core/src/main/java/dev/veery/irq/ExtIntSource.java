package dev.veery.irq;

/** The 8259 pair behind an ExtINT input. Called with the machine lock held. */
public interface ExtIntSource {
    /** The vector that {@link #acknowledge()} would yield, 0 to 255, a spurious one included; changes nothing. */
    int pendingVector();

    /** The INTA cycles: the vector, 0 to 255; the spurious one when no request is left. */
    int acknowledge();
}
