package dev.veery.device.debugcon;

import dev.veery.chardev.CharBackend;
import dev.veery.memory.MmioHandler;

/** One port, accessed by bytes: writes go to the host, reads say that the port is there. */
public final class DebugConsole implements MmioHandler {
    /** What a guest expects to read. */
    public static final int READBACK = 0xe9;

    private final CharBackend backend;
    private final int readback;

    /**
     * @param readback what the port reads as, normally {@link #READBACK}
     */
    public DebugConsole(CharBackend backend, int readback) {
        this.backend = backend;
        this.readback = readback;
    }

    @Override
    public long read(long offset, int size) {
        return readback;
    }

    @Override
    public void write(long offset, int size, long value) {
        backend.write((int) value & 0xff);
    }
}
