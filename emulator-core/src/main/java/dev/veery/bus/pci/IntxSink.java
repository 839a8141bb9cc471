package dev.veery.bus.pci;

/** Where the interrupt pins of a bus end. Called with the machine lock held, at each change of a wire. */
@FunctionalInterface
public interface IntxSink {
    /**
     * A wire changed.
     *
     * @param slot device number, 0 to 31
     * @param pin 0 for INTA to 3 for INTD
     * @param level asserted or not
     */
    void set(int slot, int pin, boolean level);

    /**
     * Has {@code ended} called each time the guest ends an interrupt that this wire, or one joined to it, has raised: before
     * a level that is still there raises it again. A sink that cannot tell never calls it.
     */
    default void onEnded(int slot, int pin, Runnable ended) {}
}
