package dev.veery.virtio;

import dev.veery.dma.DmaDomain;
import dev.veery.memory.access.OffHeap;

/** A packed queue (2.8): one ring that driver and device both write, and two event suppression structures. */
final class PackedRing extends Ring {
    private static final int DESC_FLAGS = 14;
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;

    private static final int EVENT_OFFSET = 0;
    private static final int EVENT_FLAGS = 2;
    private static final int EVENT_WRAP = 1 << 15;
    private static final int EVENTS_ENABLED = 0;
    private static final int EVENTS_DISABLED = 1;
    private static final int EVENTS_AT_DESCRIPTOR = 2;

    private int next;
    private boolean wrap = true;
    private int usedNext;
    private boolean usedWrap = true;
    private int announced;

    /** False when the index wrapped since {@link #announced}: distances mean nothing then. */
    private boolean announcedValid;

    /** Given back since the last call of {@link #interruptWanted}. */
    private boolean fresh;

    PackedRing(DmaDomain dma, QueueSetup setup, long features) {
        super(dma, setup, features);
    }

    @Override
    boolean pop(DescriptorChain out) {
        if (broken() || !available()) {
            return false;
        }
        out.clear();
        return walk(out) || fail();
    }

    private boolean isAvailable() {
        int flags = (int) load(descriptors + (long) DESCRIPTOR * next + DESC_FLAGS, 2);
        return !broken() && (flags & AVAILABLE) != 0 == wrap && (flags & USED) != 0 != wrap;
    }

    private boolean available() {
        if (isAvailable()) {
            return true;
        }
        if (eventIndex && !broken()) {
            // 2.8.10: ask for a notification of the next one, then look again.
            store(device + EVENT_OFFSET, 2, next | (wrap ? EVENT_WRAP : 0));
            store(device + EVENT_FLAGS, 2, EVENTS_AT_DESCRIPTOR);
            OffHeap.fullFence();
            return isAvailable();
        }
        return false;
    }

    private boolean walk(DescriptorChain out) {
        int at = next;
        boolean atWrap = wrap;
        for (int entries = 1; entries <= size; entries++) {
            long address = load(descriptors + (long) DESCRIPTOR * at, 8);
            long rest = load(descriptors + (long) DESCRIPTOR * at + 8, 8);
            int flags = (int) (rest >>> 48);
            if (broken() || !addEntry(address, rest & 0xffff_ffffL, flags, entries, out)) {
                return false;
            }
            at++;
            if (at == size) {
                at = 0;
                atWrap = !atWrap;
            }
            if ((flags & NEXT) == 0) {
                out.id = (int) (rest >>> 32) & 0xffff;
                out.entries = entries;
                next = at;
                wrap = atWrap;
                return true;
            }
        }
        return false;
    }

    private boolean addEntry(long address, long length, int flags, int entries, DescriptorChain out) {
        if ((flags & INDIRECT) == 0) {
            return length == 0 || out.add(address, length, (flags & WRITE) != 0);
        }
        // 2.8.19: an indirect descriptor stands alone.
        if (!indirect || entries != 1 || (flags & NEXT) != 0 || length == 0 || length % DESCRIPTOR != 0) {
            return false;
        }
        long count = length / DESCRIPTOR;
        if (count > DescriptorChain.LIMIT) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            long to = load(address + (long) DESCRIPTOR * i, 8);
            long rest = load(address + (long) DESCRIPTOR * i + 8, 8);
            long bytes = rest & 0xffff_ffffL;
            boolean write = (rest >>> 48 & WRITE) != 0;
            if (broken() || bytes != 0 && !out.add(to, bytes, write)) {
                return false;
            }
        }
        return true;
    }

    @Override
    void push(DescriptorChain chain, long written) {
        long entry = descriptors + (long) DESCRIPTOR * usedNext;
        int flags = putEntry(chain, written);
        publish(entry, flags);
    }

    /** The driver goes from one to the next: the first one's flags, written last, show it all of them. */
    @Override
    void pushAll(DescriptorChain[] chains, long[] written, int count) {
        long first = descriptors + (long) DESCRIPTOR * usedNext;
        int firstFlags = 0;
        for (int i = 0; i < count; i++) {
            long entry = descriptors + (long) DESCRIPTOR * usedNext;
            int flags = putEntry(chains[i], written[i]);
            if (i == 0) {
                firstFlags = flags;
            } else {
                publish(entry, flags);
            }
        }
        publish(first, firstFlags);
    }

    private void publish(long entry, int flags) {
        if (!broken()) {
            store(entry + DESC_FLAGS, 2, flags);
        }
    }

    private int putEntry(DescriptorChain chain, long written) {
        if (broken()) {
            return 0;
        }
        long entry = descriptors + (long) DESCRIPTOR * usedNext;
        store(entry + 8, 4, written);
        store(entry + 12, 2, chain.id);
        int flags = (usedWrap ? AVAILABLE | USED : 0) | (written > 0 ? WRITE : 0);
        usedNext += chain.entries;
        if (usedNext >= size) {
            usedNext -= size;
            usedWrap = !usedWrap;
            announcedValid = false;
        }
        fresh = true;
        return flags;
    }

    @Override
    boolean interruptWanted() {
        if (broken() || !fresh) {
            return false;
        }
        fresh = false;
        int old = announced;
        boolean valid = announcedValid;
        announced = usedNext;
        announcedValid = true;
        OffHeap.fullFence();
        int flags = (int) load(driver + EVENT_FLAGS, 2) & 3;
        if (broken() || flags == EVENTS_DISABLED) {
            return false;
        }
        if (flags == EVENTS_ENABLED || !eventIndex || !valid) {
            return true;
        }
        int event = (int) load(driver + EVENT_OFFSET, 2);
        int offset = event & ~EVENT_WRAP;
        if ((event & EVENT_WRAP) != 0 != usedWrap) {
            offset -= size;
        }
        return !broken() && passed(offset, usedNext, old);
    }
}
