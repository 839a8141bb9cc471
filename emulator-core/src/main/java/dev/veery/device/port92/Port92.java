package dev.veery.device.port92;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;

/** One port, accessed by bytes. */
public final class Port92 implements MmioHandler, Resettable {
    /** A 0 to 1 transition resets the processor. */
    private static final int INIT_NOW = 1 << 0;

    private static final int ALT_A20_GATE = 1 << 1;

    private final IrqLine a20;
    private final Runnable initialise;
    private int value;

    /**
     * @param a20 high to let address bit 20 through; the board combines it with the keyboard controller's
     * @param initialise asked for a reset of the processor
     */
    public Port92(IrqLine a20, Runnable initialise) {
        this.a20 = a20;
        this.initialise = initialise;
    }

    @Override
    public void reset() {
        value = 0;
        a20.set(false);
    }

    @Override
    public long read(long offset, int size) {
        return value;
    }

    @Override
    public void write(long offset, int size, long written) {
        int old = value;
        value = (int) written & 0xff;
        a20.set((value & ALT_A20_GATE) != 0);
        if ((value & ~old & INIT_NOW) != 0) {
            initialise.run();
        }
    }
}
