package dev.veery.virtio;

import dev.veery.dma.DmaDomain;
import dev.veery.memory.access.OffHeap;

/** A split queue (2.7): descriptor table, ring of available chains, ring of used ones. */
final class SplitRing extends Ring {
    private static final int RING_INDEX = 2;
    private static final int RING_ENTRIES = 4;
    private static final int AVAILABLE_ENTRY = 2;
    private static final int USED_ENTRY = 8;
    private static final int AVAIL_F_NO_INTERRUPT = 1;

    private int nextAvailable;
    private int used;
    private int announced;

    SplitRing(DmaDomain dma, QueueSetup setup, long features) {
        super(dma, setup, features);
    }

    @Override
    boolean pop(DescriptorChain out) {
        if (broken() || !available()) {
            return false;
        }
        int head = (int) load(driver + RING_ENTRIES + (long) AVAILABLE_ENTRY * (nextAvailable & size - 1), 2);
        out.clear();
        out.id = head;
        if (broken() || !walk(head, out)) {
            return fail();
        }
        nextAvailable = nextAvailable + 1 & 0xffff;
        return true;
    }

    private boolean available() {
        int index = (int) load(driver + RING_INDEX, 2);
        if (index == nextAvailable && eventIndex) {
            // 2.7.10: ask for a notification of the next one, then look again, for it may have come in between.
            store(device + RING_ENTRIES + (long) USED_ENTRY * size, 2, nextAvailable);
            OffHeap.fullFence();
            index = (int) load(driver + RING_INDEX, 2);
        }
        int pending = index - nextAvailable & 0xffff;
        return !broken() && pending != 0 && (pending <= size || fail());
    }

    /** Follows a chain; bounded by what {@code out} takes and by the number of empty buffers in between. */
    private boolean walk(int head, DescriptorChain out) {
        long table = descriptors;
        int entries = size;
        int at = head;
        boolean inTable = false;
        for (int steps = 0; steps < DescriptorChain.LIMIT; steps++) {
            if (at >= entries) {
                return false;
            }
            long address = load(table + (long) DESCRIPTOR * at, 8);
            long rest = load(table + (long) DESCRIPTOR * at + 8, 8);
            long length = rest & 0xffff_ffffL;
            int flags = (int) (rest >>> 32) & 0xffff;
            if (broken()) {
                return false;
            }
            if ((flags & INDIRECT) != 0) {
                // 2.7.5.3: not within a table, not with NEXT.
                if (!indirect || inTable || (flags & NEXT) != 0 || length == 0 || length % DESCRIPTOR != 0) {
                    return false;
                }
                inTable = true;
                table = address;
                entries = (int) Math.min(length / DESCRIPTOR, DescriptorChain.LIMIT);
                at = 0;
                continue;
            }
            if (length != 0 && !out.add(address, length, (flags & WRITE) != 0)) {
                return false;
            }
            if ((flags & NEXT) == 0) {
                return true;
            }
            at = (int) (rest >>> 48);
        }
        return false;
    }

    @Override
    void push(DescriptorChain chain, long written) {
        putEntry(chain, written);
        publish();
    }

    @Override
    void pushAll(DescriptorChain[] chains, long[] written, int count) {
        for (int i = 0; i < count; i++) {
            putEntry(chains[i], written[i]);
        }
        publish();
    }

    private void putEntry(DescriptorChain chain, long written) {
        if (!broken()) {
            long entry = device + RING_ENTRIES + (long) USED_ENTRY * (used & size - 1);
            store(entry, 8, chain.id | written << 32);
            used = used + 1 & 0xffff;
        }
    }

    private void publish() {
        if (!broken()) {
            store(device + RING_INDEX, 2, used);
        }
    }

    @Override
    boolean interruptWanted() {
        if (broken() || used == announced) {
            return false;
        }
        int old = announced;
        announced = used;
        // The index must be visible before the driver's wish is read: it may be about to sleep.
        OffHeap.fullFence();
        if (eventIndex) {
            int event = (int) load(driver + RING_ENTRIES + (long) AVAILABLE_ENTRY * size, 2);
            return !broken() && passed(event, used, old);
        }
        return (load(driver, 2) & AVAIL_F_NO_INTERRUPT) == 0 && !broken();
    }
}
