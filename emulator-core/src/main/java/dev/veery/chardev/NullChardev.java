package dev.veery.chardev;

/** Takes everything, sends nothing. */
public final class NullChardev implements CharBackend {
    @Override
    public void attach(CharFrontend frontend) {}

    @Override
    public void write(int value) {}

    @Override
    public void acceptInput() {}

    @Override
    public void close() {}
}
