package dev.veery.device.nvme;

import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.base.Unsigned;
import dev.veery.block.BlockImage;
import dev.veery.block.DiskQueue;
import java.util.UUID;

/** A namespace: a disk as blocks of one size, and what it is called. */
final class NvmeNamespace {
    private static final int MAX_BLOCK = 32768;

    private final int id;
    private final DiskQueue disk;
    private final int blockShift;
    private final UUID uuid;
    private final long eui64;

    /**
     * Over a disk.
     *
     * @param id 1 to {@link NvmeRegs#MAX_NAMESPACES}
     * @param blockSize bytes, a checked power of two
     * @param eui64 0 for none
     */
    NvmeNamespace(int id, DiskQueue disk, int blockSize, UUID uuid, long eui64) {
        this.id = id;
        this.disk = disk;
        this.blockShift = Integer.numberOfTrailingZeros(blockSize);
        this.uuid = uuid;
        this.eui64 = eui64;
    }

    /** Vets a block size; {@code property} is what the user calls it. */
    static int checkBlockSize(String property, long value) {
        if (value < BlockImage.SECTOR || value > MAX_BLOCK || !Bits.isPowerOfTwo(value)) {
            throw new ConfigException(
                    "Property '" + property + "' takes a power of two from " + BlockImage.SECTOR + " to " + MAX_BLOCK);
        }
        return (int) value;
    }

    int id() {
        return id;
    }

    DiskQueue disk() {
        return disk;
    }

    int blockShift() {
        return blockShift;
    }

    UUID uuid() {
        return uuid;
    }

    long eui64() {
        return eui64;
    }

    long blocks() {
        return disk.image().length() >>> blockShift;
    }

    long bytes() {
        return blocks() << blockShift;
    }

    boolean readOnly() {
        return disk.image().readOnly();
    }

    /** Whether there are these blocks. */
    boolean has(long start, long count) {
        return Unsigned.fits(start, count, blocks());
    }
}
