package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.memory.MmioHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An expansion ROM from a file, in place of the device's own; behind its end it reads as ones. */
final class RomFile implements MmioHandler {
    /** The smallest that a base address register can ask for (PCI 3.0, 6.2.5.2). */
    private static final int MIN = 2048;

    private static final long MAX = 16 * Units.MIB;

    private final byte[] bytes;

    private RomFile(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a file.
     *
     * @throws ConfigException if it cannot be read or is empty or too large
     */
    static RomFile read(Path file) {
        try {
            long size = Files.size(file);
            if (size == 0 || size > MAX) {
                throw new ConfigException("romfile '" + file + "' has " + size + " bytes; it must have 1 to " + MAX);
            }
            return new RomFile(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ConfigException("cannot read romfile '" + file + "': " + e.getMessage());
        }
    }

    /** Bytes of address space that it takes. */
    int size() {
        return Math.max(MIN, Integer.highestOneBit(2 * bytes.length - 1));
    }

    @Override
    public long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            long at = offset + i;
            value |= (at < bytes.length ? bytes[(int) at] & 0xffL : 0xffL) << 8 * i;
        }
        return value;
    }

    @Override
    public void write(long offset, int size, long value) {
        // A ROM.
    }
}
