package dev.veery.virtio;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaStatus;

/** The memory of a queue and how far it has been used. Every value in it is the driver's and may be anything. */
abstract class Ring {
    /** 2.7.5 and 2.8.1 descriptor flags. */
    static final int NEXT = 1;

    static final int WRITE = 2;
    static final int INDIRECT = 4;

    static final int DESCRIPTOR = 16;

    final DmaDomain dma;
    final int size;
    final long descriptors;
    final long driver;
    final long device;
    final boolean indirect;
    final boolean eventIndex;

    /** Nothing of the queue is used any more until it is reset. */
    private boolean broken;

    Ring(DmaDomain dma, QueueSetup setup, long features) {
        this.dma = dma;
        size = setup.size;
        descriptors = setup.descriptors;
        driver = setup.driver;
        device = setup.device;
        indirect = (features & Features.INDIRECT_DESC) != 0;
        eventIndex = (features & Features.EVENT_IDX) != 0;
    }

    /** Takes the next request; false if there is none or the queue is broken. */
    abstract boolean pop(DescriptorChain out);

    /** Gives a request back. */
    abstract void push(DescriptorChain chain, long written);

    /** Gives several requests back, of which the driver sees all or none. */
    abstract void pushAll(DescriptorChain[] chains, long[] written, int count);

    /** Whether the driver wants to be interrupted for what was given back since the last call. */
    abstract boolean interruptWanted();

    final boolean broken() {
        return broken;
    }

    /** Stops the queue; false, for callers to return. */
    final boolean fail() {
        broken = true;
        return false;
    }

    final long load(long address, int bytes) {
        long value = dma.load(address, bytes);
        if (dma.status() != DmaStatus.OK) {
            broken = true;
        }
        return value;
    }

    final void store(long address, int bytes, long value) {
        if (dma.store(address, bytes, value) != DmaStatus.OK) {
            broken = true;
        }
    }

    /** 2.7.10: whether moving an index from {@code old} to {@code now} passed {@code event}. */
    static boolean passed(int event, int now, int old) {
        return (now - event - 1 & 0xffff) < (now - old & 0xffff);
    }
}
