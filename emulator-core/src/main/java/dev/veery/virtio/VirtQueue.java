package dev.veery.virtio;

import dev.veery.dma.DmaDomain;
import org.jspecify.annotations.Nullable;

/** One queue, as the device behind it sees it. Called with the machine lock held. */
public final class VirtQueue {
    private final int index;
    private final VirtioPciDevice owner;
    private final QueueSetup setup;
    private @Nullable Ring ring;

    /** Taken and not given back. */
    private int inFlight;

    VirtQueue(int index, int maxSize, VirtioPciDevice owner) {
        this.index = index;
        this.owner = owner;
        setup = new QueueSetup(maxSize);
    }

    /** Its number. */
    public int index() {
        return index;
    }

    QueueSetup setup() {
        return setup;
    }

    void reset() {
        setup.reset();
        ring = null;
        inFlight = 0;
    }

    void enable(DmaDomain dma, long features) {
        boolean packed = (features & Features.RING_PACKED) != 0;
        setup.enabled = true;
        ring = packed ? new PackedRing(dma, setup, features) : new SplitRing(dma, setup, features);
    }

    /**
     * Takes the next request.
     *
     * @param out its buffers
     * @return false if there is none now; the driver will announce the next one
     */
    public boolean pop(DescriptorChain out) {
        Ring from = ring;
        if (from == null || !owner.running()) {
            return false;
        }
        boolean found = from.pop(out);
        if (found && inFlight == setup.size) {
            // A driver that offers the same buffers again and again would fill the host's memory.
            found = from.fail();
        }
        if (from.broken()) {
            owner.queueBroke();
        }
        inFlight += found ? 1 : 0;
        return found;
    }

    /**
     * Gives a request back; {@link #interrupt} must follow, for one or for several.
     *
     * @param chain as {@link #pop} filled it in, since the last reset
     * @param written how many bytes of its writable buffers were written
     */
    public void push(DescriptorChain chain, long written) {
        if (ring != null) {
            inFlight--;
            ring.push(chain, written);
        }
    }

    /** As {@link #push}, several of which the driver sees all or none. */
    public void pushAll(DescriptorChain[] chains, long[] written, int count) {
        if (ring != null) {
            inFlight -= count;
            ring.pushAll(chains, written, count);
        }
    }

    /** Interrupts the driver if it wants that for what was given back. */
    public void interrupt() {
        Ring from = ring;
        if (from == null) {
            return;
        }
        if (from.interruptWanted()) {
            owner.queueInterrupt(setup.vector);
        }
        if (from.broken()) {
            owner.queueBroke();
        }
    }
}
