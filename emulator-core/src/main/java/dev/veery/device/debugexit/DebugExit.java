package dev.veery.device.debugexit;

import dev.veery.memory.MmioHandler;
import java.util.function.IntConsumer;

/** Writing v anywhere in the region, 1, 2 or 4 bytes wide, asks for the exit status {@code (v << 1) | 1}: never success. */
public final class DebugExit implements MmioHandler {
    private final IntConsumer exit;

    /**
     * @param exit told the status, which may exceed the eight bits that a process keeps of it; it returns, and ends the
     *     program afterwards
     */
    public DebugExit(IntConsumer exit) {
        this.exit = exit;
    }

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        exit.accept((int) value << 1 | 1);
    }
}
