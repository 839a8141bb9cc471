package dev.veery.net;

/** A cable that ends nowhere. */
public final class NullNet implements NetBackend {
    @Override
    public void connect(NetFrontend frontend) {
        // Nothing will arrive.
    }

    @Override
    public boolean send(FramePieces frame) {
        return true;
    }

    @Override
    public void resume() {
        // Nothing waits.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
