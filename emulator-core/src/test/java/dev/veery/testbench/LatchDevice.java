package dev.veery.testbench;

import dev.veery.memory.MmioHandler;
import java.util.ArrayList;
import java.util.List;

/** Registers that hold what is written, and a log of every access as it arrived: {@code r4@10} or {@code w1@3=7f}. */
public final class LatchDevice implements MmioHandler {
    private final byte[] cells;
    private final List<String> log = new ArrayList<>();

    LatchDevice(int size) {
        cells = new byte[size];
        for (int i = 0; i < size; i++) {
            cells[i] = (byte) (i * 0x11 + 1);
        }
    }

    @Override
    public long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (cells[(int) offset + i] & 0xffL) << 8 * i;
        }
        add("r" + size + "@" + Long.toHexString(offset));
        return value;
    }

    @Override
    public void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            cells[(int) offset + i] = (byte) (value >>> 8 * i);
        }
        add("w" + size + "@" + Long.toHexString(offset) + "=" + Long.toHexString(value));
    }

    private void add(String line) {
        // Fuzzed guests may hammer it.
        if (log.size() < 1000) {
            log.add(line);
        }
    }

    /** The accesses since the last call. */
    public List<String> log() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }
}
