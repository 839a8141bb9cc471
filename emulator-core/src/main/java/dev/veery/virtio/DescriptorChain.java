package dev.veery.virtio;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaVector;
import java.util.Arrays;

/** The buffers of one request: first those that the device reads, then those that it writes. Reused by its owner. */
public final class DescriptorChain {
    /** Most buffers of a chain, which ends the walk over descriptors that form a loop. */
    public static final int LIMIT = 1024;

    private static final int INITIAL = 16;

    private long[] addresses = new long[INITIAL];
    private long[] lengths = new long[INITIAL];
    private int count;
    private int readable;

    /** Head index in a split queue, buffer id in a packed one. */
    int id;

    /** How many entries of a packed queue it takes. */
    int entries;

    void clear() {
        count = 0;
        readable = 0;
        id = 0;
        entries = 0;
    }

    /** Appends a buffer; false if it is one too many, or one to be read behind one to be written. */
    boolean add(long address, long length, boolean write) {
        if (!write && readable != count || count == LIMIT) {
            return false;
        }
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
        if (!write) {
            readable = count;
        }
        return true;
    }

    /**
     * Finds the memory of the buffers that the device reads, appending to {@code out}.
     *
     * @return whether it may read all of them
     */
    public boolean mapReadable(DmaDomain dma, DmaVector out) {
        return map(dma, 0, readable, false, out);
    }

    /**
     * Finds the memory of the buffers that the device writes, appending to {@code out}.
     *
     * @return whether it may write all of them
     */
    public boolean mapWritable(DmaDomain dma, DmaVector out) {
        return map(dma, readable, count, true, out);
    }

    private boolean map(DmaDomain dma, int from, int to, boolean write, DmaVector out) {
        for (int i = from; i < to; i++) {
            if (!out.add(dma, addresses[i], lengths[i], write)) {
                return false;
            }
        }
        return true;
    }
}
