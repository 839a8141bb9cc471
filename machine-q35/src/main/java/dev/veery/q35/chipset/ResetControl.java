package dev.veery.q35.chipset;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;

/** The reset control register at port CF9h (ICH9 13.7.5). */
public final class ResetControl implements MmioHandler, Resettable {
    private static final int SYS_RST = 1 << 1;
    private static final int RST_CPU = 1 << 2;
    private static final int FULL_RST = 1 << 3;
    private static final int WRITABLE = SYS_RST | RST_CPU | FULL_RST;

    private final Runnable resetPlatform;
    private int value;

    /**
     * Makes the register.
     *
     * @param resetPlatform asked for when software sets RST_CPU. DEVIATION: also without SYS_RST, which resets only the
     *     processor; that would continue in firmware, and there is none
     */
    public ResetControl(Runnable resetPlatform) {
        this.resetPlatform = resetPlatform;
    }

    @Override
    public void reset() {
        value = 0;
    }

    @Override
    public long read(long offset, int size) {
        return value;
    }

    @Override
    public void write(long offset, int size, long data) {
        boolean rising = (data & RST_CPU) != 0 && (value & RST_CPU) == 0;
        value = (int) data & WRITABLE;
        if (rising) {
            resetPlatform.run();
        }
    }
}
