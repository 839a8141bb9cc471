package dev.veery.device.nvme;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaStatus;
import dev.veery.memory.access.OffHeap;
import org.jspecify.annotations.Nullable;

/**
 * Doorbells in memory (5.7, 7.13): the driver writes the value of a doorbell into one page, and rings the register only where the new
 * value passes the event index that the controller keeps in another page. Entries stand as doorbells do: the tail of queue n at
 * 8n, its head at 8n + 4.
 *
 * <p>Of the admin queue only the register counts: Linux does not write that queue's entries, although it should.
 */
final class ShadowDoorbells {
    /** How often one call looks again because the driver was faster. A driver must not keep the machine lock for ever. */
    static final int PATIENCE = 16;

    private static final int ENTRY = 4;

    private @Nullable DmaDomain dma;
    private long values;
    private long events;
    private boolean broken;

    /** The driver named its pages, both aligned. */
    void start(DmaDomain memory, long valuePage, long eventPage) {
        dma = memory;
        values = valuePage;
        events = eventPage;
        broken = false;
    }

    void reset() {
        dma = null;
    }

    boolean on() {
        return dma != null;
    }

    /** Whether they are in use for a queue. */
    boolean of(int queue) {
        return dma != null && queue != 0;
    }

    /** Whether the pages were not memory; the controller cannot go on. */
    boolean broken() {
        return broken;
    }

    static int tail(int queue) {
        return 2 * queue;
    }

    static int head(int queue) {
        return 2 * queue + 1;
    }

    /** What the driver wrote last for a doorbell: may be anything, but has 16 bits. */
    int value(int doorbell) {
        DmaDomain memory = dma;
        if (memory == null) {
            return 0;
        }
        long value = memory.load(values + (long) ENTRY * doorbell, ENTRY);
        broken |= memory.status() != DmaStatus.OK;
        return (int) value & 0xffff;
    }

    /** Says for the driver what it rang before; 0 for a queue that is new. */
    void begin(int doorbell, int value) {
        store(values, doorbell, value);
        store(events, doorbell, value);
    }

    /** The register is to be rung when the value passes {@code event}. */
    void ringAt(int doorbell, int event) {
        store(events, doorbell, event);
    }

    /** Likewise, and what is read afterwards was written by a driver that knew of it, or is going to ring. */
    int ringAtAndLook(int doorbell, int event) {
        store(events, doorbell, event);
        OffHeap.fullFence();
        return value(doorbell);
    }

    private void store(long page, int doorbell, int value) {
        DmaDomain memory = dma;
        if (memory != null) {
            broken |= memory.store(page + (long) ENTRY * doorbell, ENTRY, value) != DmaStatus.OK;
        }
    }
}
