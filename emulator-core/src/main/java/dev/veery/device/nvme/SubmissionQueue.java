package dev.veery.device.nvme;

import org.jspecify.annotations.Nullable;

/** A submission queue (4.1): a ring that the driver fills and the controller empties. */
final class SubmissionQueue {
    final int id;
    final long base;
    final int size;
    final CompletionQueue completions;

    /** Its commands that disks are working at. */
    int underWay;

    int head;
    int tail;

    /** The command that deletes it, which is answered when nothing is under way; nothing more is taken. */
    @Nullable
    NvmeCommand deletion;

    SubmissionQueue(int id, long base, int size, CompletionQueue completions) {
        this.id = id;
        this.base = base;
        this.size = size;
        this.completions = completions;
    }

    boolean deleted() {
        return deletion != null;
    }
}
