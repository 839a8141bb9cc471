package dev.veery.device.pit;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;

/** Port 61h, ICH9 NMI_SC: counter 2's gate and output, the speaker, and the refresh toggle. */
public final class SystemControlPort implements MmioHandler, Resettable {
    /** Bit 0 gate of counter 2, 1 speaker data, 2 SERR# disable, 3 IOCHK# disable: software's. */
    private static final int GATE2 = 1;

    private static final int WRITABLE = 0xf;

    /** Bit 4 refresh toggle, 5 counter 2's output; 6 and 7 are NMI sources, which never report. */
    private static final int REFRESH = 1 << 4;

    private static final int OUT2 = 1 << 5;

    private final Pit8254 pit;
    private int latch;

    /** The port in front of {@code pit}. */
    public SystemControlPort(Pit8254 pit) {
        this.pit = pit;
    }

    @Override
    public void reset() {
        latch = 0;
        pit.setGate2(false);
    }

    @Override
    public long read(long offset, int size) {
        int gate = pit.gate2() ? GATE2 : 0;
        return latch & ~GATE2 | gate | (pit.refreshToggle() ? REFRESH : 0) | (pit.out2() ? OUT2 : 0);
    }

    @Override
    public void write(long offset, int size, long value) {
        latch = (int) value & WRITABLE;
        pit.setGate2((latch & GATE2) != 0);
    }
}
