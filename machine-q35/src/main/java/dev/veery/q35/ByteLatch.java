package dev.veery.q35;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.Arrays;

/** Byte-wide ports that keep what was written, such as APM_CNT and APM_STS (ICH9 13.7.1): without SMM nobody looks. */
final class ByteLatch implements MmioHandler, Resettable {
    private final byte[] bytes;

    ByteLatch(int ports) {
        bytes = new byte[ports];
    }

    @Override
    public void reset() {
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public long read(long offset, int size) {
        return bytes[(int) offset] & 0xff;
    }

    @Override
    public void write(long offset, int size, long value) {
        bytes[(int) offset] = (byte) value;
    }
}
