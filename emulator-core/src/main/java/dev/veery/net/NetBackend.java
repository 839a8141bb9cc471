package dev.veery.net;

/** A network. All methods but {@link #close} are called with the machine lock held and do not block. */
public interface NetBackend extends AutoCloseable {
    /** Longest frame, as QEMU has it. */
    int MAX_FRAME = 4096 + 65536;

    /** Begins to deliver. */
    void connect(NetFrontend frontend);

    /**
     * Sends a frame, or drops it if nobody listens.
     *
     * @param frame good during the call
     * @return false if it cannot be sent now: {@link NetFrontend#sendable} will tell when to try again
     */
    boolean send(FramePieces frame);

    /** As {@link #send}, from one of the queues of a device that has several; the network may have as many. */
    default boolean send(int queue, FramePieces frame) {
        return send(frame);
    }

    /** {@link NetFrontend#receive} has room again. */
    void resume();

    @Override
    void close();
}
