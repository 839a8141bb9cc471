package dev.veery.device.testdev;

import dev.veery.irq.IrqLine;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import java.util.List;

/** The regions, to be placed where the tests look for them. */
public final class PcTestDevice {
    /** Port of {@link #latch()}. */
    public static final int LATCH_PORT = 0xe0;
    /** Port of {@link #flush()}. */
    public static final int FLUSH_PORT = 0xe4;
    /** Port of {@link #byteLatch()}. */
    public static final int BYTE_LATCH_PORT = 0xe8;
    /** First port of {@link #irqLines()}. */
    public static final int IRQ_PORT = 0x2000;
    /** Address of {@link #memory()}. */
    public static final long MEMORY_ADDRESS = 0xff00_0000L;

    static final int LATCH_PORTS = 4;
    static final int IRQ_PORTS = 24;
    private static final int MEMORY_BYTES = 0x1_0000;
    private static final int PAGE = 4096;

    private final MemoryRegion latch;
    private final MemoryRegion byteLatch;
    private final MemoryRegion flush;
    private final MemoryRegion irqLines;
    private final MemoryRegion memory;

    /**
     * @param lines interrupt lines from 0 on; the ports of lines that are missing do nothing
     * @param flusher takes a page out of guest physical memory and puts it back
     */
    public PcTestDevice(List<IrqLine> lines, PageFlusher flusher) {
        Latch word = new Latch(LATCH_PORTS);
        latch = MemoryRegion.mmio("pc-testdev-ioport", LATCH_PORTS, word, AccessSizes.BYTE_TO_DWORD);
        byteLatch = MemoryRegion.mmio("pc-testdev-ioport-byte", LATCH_PORTS, word, AccessSizes.adapted(1, 4, 1));
        flush = MemoryRegion.mmio("pc-testdev-flush-page", LATCH_PORTS, new Flush(flusher), AccessSizes.DWORD);
        irqLines = MemoryRegion.mmio("pc-testdev-irq-line", IRQ_PORTS, new Lines(lines), AccessSizes.BYTE);
        memory =
                MemoryRegion.mmio("pc-testdev-iomem", MEMORY_BYTES, new Latch(MEMORY_BYTES), AccessSizes.BYTE_TO_DWORD);
    }

    /** Takes a page of guest physical memory away from the guest and gives it back unchanged. */
    @FunctionalInterface
    public interface PageFlusher {
        /** Called with the guest physical address of the page. */
        void flush(long page);
    }

    /** Four ports that keep what was written, in accesses of 1, 2 and 4 bytes. */
    public MemoryRegion latch() {
        return latch;
    }

    /** The same four bytes, reached only by bytes: wider accesses are made of them. */
    public MemoryRegion byteLatch() {
        return byteLatch;
    }

    /** A four-byte write of an address flushes its page. */
    public MemoryRegion flush() {
        return flush;
    }

    /** Writing a byte to port n drives line n: 0 low, anything else high. */
    public MemoryRegion irqLines() {
        return irqLines;
    }

    /** 64 KiB of registers that keep what was written. */
    public MemoryRegion memory() {
        return memory;
    }

    /** Bytes that keep their value, through every reset: tests look at them before and after. */
    private static final class Latch implements MmioHandler {
        private final byte[] bytes;

        Latch(int length) {
            bytes = new byte[length];
        }

        @Override
        public long read(long offset, int size) {
            long value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | bytes[(int) offset + i] & 0xff;
            }
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            for (int i = 0; i < size; i++) {
                bytes[(int) offset + i] = (byte) (value >>> 8 * i);
            }
        }
    }

    private record Flush(PageFlusher flusher) implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            flusher.flush(value & -PAGE);
        }
    }

    private record Lines(List<IrqLine> lines) implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset < lines.size()) {
                lines.get((int) offset).set(value != 0);
            }
        }
    }
}
