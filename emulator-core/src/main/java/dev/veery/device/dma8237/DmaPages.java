package dev.veery.device.dma8237;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.Arrays;

/**
 * The page registers at ports 80h to 8Fh: 16 latches, accessed by bytes. Eight belong to channels, the others are spare;
 * port 80h is where firmware shows its progress and where kernels write to pass a microsecond.
 */
public final class DmaPages implements MmioHandler, Resettable {
    /** Ports 80h to 8Fh; declared longer, they repeat. */
    public static final int PORTS = 16;

    private final byte[] pages = new byte[PORTS];

    @Override
    public void reset() {
        Arrays.fill(pages, (byte) 0);
    }

    @Override
    public long read(long offset, int size) {
        return pages[(int) offset & PORTS - 1] & 0xff;
    }

    @Override
    public void write(long offset, int size, long value) {
        pages[(int) offset & PORTS - 1] = (byte) value;
    }
}
