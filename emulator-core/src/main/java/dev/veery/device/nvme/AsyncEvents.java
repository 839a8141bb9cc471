package dev.veery.device.nvme;

import java.util.ArrayDeque;

/**
 * Asynchronous events (5.2): commands that wait, and events that wait for them. After an event no other of its type is
 * reported until the driver has read the log page that tells about it.
 */
final class AsyncEvents {
    static final int TYPE_ERROR = 0;
    static final int TYPE_HEALTH = 1;
    static final int TYPE_NOTICE = 2;

    static final int ERROR_DOORBELL = 0;
    static final int ERROR_DOORBELL_VALUE = 1;
    static final int HEALTH_TEMPERATURE = 1;
    static final int NOTICE_NAMESPACE = 0;

    private final NvmePci owner;
    private final int maxQueued;
    private final int[] waiting;
    private int waitingCount;
    private final ArrayDeque<Integer> queued = new ArrayDeque<>();
    private int reported;

    /**
     * None yet.
     *
     * @param maxWaiting how many commands may wait
     * @param maxQueued how many events may
     */
    AsyncEvents(NvmePci owner, int maxWaiting, int maxQueued) {
        this.owner = owner;
        this.maxQueued = maxQueued;
        waiting = new int[maxWaiting];
    }

    void reset() {
        waitingCount = 0;
        queued.clear();
        reported = 0;
    }

    /** A command that asks for the next event; false if too many do. */
    boolean request(int command) {
        if (waitingCount == waiting.length) {
            return false;
        }
        waiting[waitingCount] = command;
        waitingCount++;
        report();
        return true;
    }

    /** Takes back a request; false if there is none of that command. */
    boolean abort(int command) {
        for (int i = 0; i < waitingCount; i++) {
            if (waiting[i] == command) {
                waitingCount--;
                System.arraycopy(waiting, i + 1, waiting, i, waitingCount - i);
                owner.queues().answerEvent(command, 0, NvmeRegs.ABORT_REQUESTED);
                return true;
            }
        }
        return false;
    }

    /** Something happened; beyond what may be queued it is lost, as 5.2 allows for events that are repeated. */
    void happened(int type, int info, int logPage) {
        if (queued.size() < maxQueued) {
            queued.add(type | info << 8 | logPage << 16);
            report();
        }
    }

    /** The log page about this type was read. */
    void acknowledge(int type) {
        reported &= ~(1 << type);
        report();
    }

    /** Answers requests with events, as far as there are both and the queue has room. */
    void report() {
        int count = queued.size();
        for (int i = 0; i < count; i++) {
            int event = queued.remove();
            int type = 1 << (event & 7);
            if (waitingCount == 0 || (reported & type) != 0 || !owner.queues().hasRoomForEvent()) {
                queued.add(event);
            } else {
                reported |= type;
                waitingCount--;
                owner.queues().answerEvent(waiting[waitingCount], event, NvmeRegs.OK);
            }
        }
    }
}
