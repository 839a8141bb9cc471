package dev.veery.device.virtionet;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaVector;
import dev.veery.virtio.DescriptorChain;
import dev.veery.virtio.VirtQueue;

/** The buffers of one receive queue that were taken and wait for a frame. */
final class ReceiveBuffers {
    /** What {@link #collect} found. */
    enum Room {
        /** Enough. */
        ENOUGH,
        /** Too little; what was taken stays for later. */
        LITTLE,
        /** The driver's buffers make no sense. */
        BROKEN
    }

    /** A frame in the smallest useful buffers. */
    private static final int MAX_BUFFERS = 64;

    private final int maxPieces;
    private final DescriptorChain[] chains = new DescriptorChain[MAX_BUFFERS];
    private final DmaVector[] bytes = new DmaVector[MAX_BUFFERS];
    private final long[] filled = new long[MAX_BUFFERS];
    private int ready;
    private long readyBytes;

    /** None yet, each of at most {@code maxPieces} pieces. */
    ReceiveBuffers(int maxPieces) {
        this.maxPieces = maxPieces;
    }

    /** Forgets them: the queue they came from is gone. */
    void reset() {
        ready = 0;
        readyBytes = 0;
    }

    /** Whether any was taken. */
    boolean any() {
        return ready > 0;
    }

    /**
     * Takes buffers until {@code wanted} bytes fit; those taken stay for the next frame if they do not suffice.
     *
     * @param least bytes that each must have
     * @param merging whether a frame may be spread over several; otherwise one is taken
     */
    Room collect(VirtQueue queue, DmaDomain dma, long wanted, int least, boolean merging) {
        while (merging ? readyBytes < wanted : ready == 0) {
            if (ready == MAX_BUFFERS) {
                return Room.LITTLE;
            }
            if (chains[ready] == null) {
                chains[ready] = new DescriptorChain();
                bytes[ready] = new DmaVector(maxPieces);
            }
            if (!queue.pop(chains[ready])) {
                return Room.LITTLE;
            }
            bytes[ready].clear();
            if (!chains[ready].mapWritable(dma, bytes[ready]) || bytes[ready].length() < least) {
                return Room.BROKEN;
            }
            readyBytes += bytes[ready].length();
            ready++;
        }
        return readyBytes >= wanted ? Room.ENOUGH : Room.LITTLE;
    }

    /** How many of them {@code wanted} bytes take up. */
    int countFor(long wanted) {
        int count = 0;
        long room = 0;
        while (room < wanted) {
            room += bytes[count].length();
            count++;
        }
        return count;
    }

    /** Fills them with a header and a frame, as {@link #collect} has made sure that fit, and gives those used back. */
    void fill(VirtQueue queue, long header, int headerBytes, long host, int length) {
        long total = (long) headerBytes + length;
        long done = 0;
        int used = 0;
        while (done < total) {
            DmaVector into = bytes[used];
            long start = 0;
            if (done == 0) {
                start = into.put(0, header, headerBytes);
                done = start;
            }
            long copied = into.put(start, host + done - headerBytes, total - done);
            done += copied;
            filled[used] = start + copied;
            used++;
        }
        queue.pushAll(chains, filled, used);
        drop(used);
    }

    /** The first {@code count} buffers are the driver's again; the others move up. */
    private void drop(int count) {
        for (int i = 0; i < count; i++) {
            readyBytes -= bytes[i].length();
        }
        for (int i = count; i < ready; i++) {
            DescriptorChain chain = chains[i - count];
            chains[i - count] = chains[i];
            chains[i] = chain;
            DmaVector vector = bytes[i - count];
            bytes[i - count] = bytes[i];
            bytes[i] = vector;
        }
        ready -= count;
    }
}
