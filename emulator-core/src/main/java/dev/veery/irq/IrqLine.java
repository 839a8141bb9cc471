package dev.veery.irq;

/** A level-signalled interrupt wire. Called with the machine lock held. */
@FunctionalInterface
public interface IrqLine {
    /** A wire that ends nowhere. */
    IrqLine NONE = level -> {};

    /** Drives the wire; repeating a level changes nothing. */
    void set(boolean level);

    /** Drives the wire high, then low: an edge. */
    default void pulse() {
        set(true);
        set(false);
    }
}
