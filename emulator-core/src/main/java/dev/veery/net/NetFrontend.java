package dev.veery.net;

/** A network card, as a network sees it. Called with the machine lock held. */
public interface NetFrontend {
    /**
     * Takes a frame.
     *
     * @param host address of its {@code length} bytes, good during the call
     * @return false if there is no room now; {@link NetBackend#resume} follows
     */
    boolean receive(long host, int length);

    /** A frame that was refused may be sent now. */
    void sendable();
}
