package dev.veery.chardev;

/** The host side of a character stream: a terminal, a file, a socket. Called with the machine lock held. */
public interface CharBackend extends AutoCloseable {
    /** Names the device that input goes to; at most one. */
    void attach(CharFrontend frontend);

    /**
     * Sends one byte to the host. It may be buffered; a back end whose peer is gone drops it.
     */
    void write(int value);

    /**
     * Whether {@link #write} would take a byte now without waiting for the host. A device that has a way to hold the guest
     * back, such as a transmitter that stays busy, asks first and asks again later; a device that does not ask makes the
     * machine wait.
     */
    default boolean writable() {
        return true;
    }

    /** The front end has room again after {@link CharFrontend#canReceive} was 0. Cheap; may be called at every read. */
    void acceptInput();

    /** Sends what is buffered and releases the host object. */
    @Override
    void close();
}
