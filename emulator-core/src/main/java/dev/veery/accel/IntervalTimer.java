package dev.veery.accel;

/**
 * An 8254 inside an accelerator, with its ports, port 61h included, on interrupt wire 0. {@link Irqchip#reset} puts it back to
 * power-on. Called with the machine lock held.
 */
public interface IntervalTimer {
    /** Connects counter 0 to its wire, or cuts it off, as the HPET's legacy replacement does. */
    void connectInterrupt(boolean connected);
}
