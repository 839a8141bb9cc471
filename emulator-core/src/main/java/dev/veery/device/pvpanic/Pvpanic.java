package dev.veery.device.pvpanic;

import dev.veery.memory.MmioHandler;

/** One port, accessed by bytes. */
public final class Pvpanic implements MmioHandler {
    /** Where Linux and firmware look for it. */
    public static final int DEFAULT_PORT = 0x505;
    /** Bit 0: panicked. */
    public static final int PANICKED = 1 << 0;
    /** Bit 1: the crash kernel was loaded. */
    public static final int CRASH_LOADED = 1 << 1;

    private final int events;
    private final PvpanicListener listener;

    /**
     * @param events what the port announces, of {@link #PANICKED} and {@link #CRASH_LOADED}
     */
    public Pvpanic(int events, PvpanicListener listener) {
        this.events = events;
        this.listener = listener;
    }

    @Override
    public long read(long offset, int size) {
        return events;
    }

    /** Of several events the first counts; bits that name none are ignored. */
    @Override
    public void write(long offset, int size, long value) {
        if ((value & PANICKED) != 0) {
            listener.guestPanicked();
        } else if ((value & CRASH_LOADED) != 0) {
            listener.guestCrashLoaded();
        }
    }
}
