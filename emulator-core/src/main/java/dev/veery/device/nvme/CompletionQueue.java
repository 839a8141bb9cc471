package dev.veery.device.nvme;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaStatus;

/** A completion queue (4.6): a ring that the controller fills and the driver empties. */
final class CompletionQueue {
    private final DmaDomain dma;
    final int id;
    private final long base;
    final int size;
    final int vector;
    final boolean interrupts;

    /** How many submission queues end here. */
    int users;

    /** How many answers wait for room. */
    int waiting;

    private int head;
    private int tail;
    private boolean phase = true;

    CompletionQueue(DmaDomain dma, int id, long base, int size, int vector, boolean interrupts) {
        this.dma = dma;
        this.id = id;
        this.base = base;
        this.size = size;
        this.vector = vector;
        this.interrupts = interrupts;
    }

    int head() {
        return head;
    }

    /** Where the next entry goes; the driver's head never passes it. */
    int tail() {
        return tail;
    }

    boolean full() {
        return (tail + 1) % size == head;
    }

    /** Whether the driver has something to look at. */
    boolean occupied() {
        return head != tail;
    }

    /** The driver's doorbell; false for an impossible value. */
    boolean setHead(int value) {
        if (value >= size) {
            return false;
        }
        head = value;
        return true;
    }

    /**
     * Appends an entry; the queue is not full.
     *
     * @return whether memory took it
     */
    boolean put(int result, int queue, int queueHead, int command, int status) {
        long at = base + (long) tail * NvmeRegs.COMPLETION;
        dma.store(at, 8, result & 0xffff_ffffL);
        boolean good = dma.status() == DmaStatus.OK;
        // The phase tag makes the entry valid: it is in what is stored last, in one piece.
        long last = command | (phase ? 1L : 0) << 16 | (long) status << 17;
        dma.store(at + 8, 8, queueHead | (long) queue << 16 | last << 32);
        good &= dma.status() == DmaStatus.OK;
        tail++;
        if (tail == size) {
            tail = 0;
            phase = !phase;
        }
        return good;
    }
}
