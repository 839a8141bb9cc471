package dev.veery.chardev;

/** The device side of a character stream. Called with the machine lock held. */
public interface CharFrontend {
    /** How many bytes {@link #receive} would take now; 0 holds the sender back, no byte is ever dropped. */
    int canReceive();

    /** Takes {@code length} bytes, at most what {@link #canReceive} said. */
    void receive(byte[] data, int offset, int length);

    /** The line was held low: a serial break. */
    default void receiveBreak() {}
}
