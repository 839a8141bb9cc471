package dev.veery.device.nvme;

import dev.veery.dma.DmaDomain;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The queues that the driver made, and the way of commands through them. */
final class QueuePairs {
    /** I/O commands under way, of all queues together: a driver with many long queues must not cost much memory. */
    private static final int MAX_IO_COMMANDS = 1024;

    private static final int MAX_ADMIN_COMMANDS = 64;

    private static final int CONTIGUOUS = 1;
    private static final int INTERRUPTS = 2;

    private final NvmePci owner;
    private final ShadowDoorbells shadows;
    private final int ioQueues;
    private final int vectors;
    private final @Nullable SubmissionQueue[] submissions;
    private final @Nullable CompletionQueue[] completions;

    /** Free commands: of the admin queue, and of the others. */
    private final ArrayDeque<NvmeCommand> spareAdmin = new ArrayDeque<>();

    private final ArrayDeque<NvmeCommand> spareIo = new ArrayDeque<>();
    private int madeAdmin;
    private int madeIo;

    /** A queue found no free command, and must be looked at again. */
    private boolean starved;

    /** Where the next look at all queues begins, so that each has its turn. */
    private int turn;

    /** Answers for which their queue had no room, in their order. */
    private final ArrayDeque<NvmeCommand> unanswered = new ArrayDeque<>();

    QueuePairs(NvmePci owner, ShadowDoorbells shadows, int ioQueues, int vectors) {
        this.owner = owner;
        this.shadows = shadows;
        this.ioQueues = ioQueues;
        this.vectors = vectors;
        submissions = new SubmissionQueue[ioQueues + 1];
        completions = new CompletionQueue[ioQueues + 1];
    }

    /** CC.EN was set: makes the admin queues; false if they cannot be. */
    boolean start(DmaDomain dma, int attributes, long submission, long completion) {
        int submissionSize = (attributes & 0xfff) + 1;
        int completionSize = (attributes >>> 16 & 0xfff) + 1;
        if (submissionSize < 2 || completionSize < 2) {
            return false;
        }
        CompletionQueue queue = new CompletionQueue(dma, 0, completion, completionSize, 0, true);
        queue.users = 1;
        completions[0] = queue;
        submissions[0] = new SubmissionQueue(0, submission, submissionSize, queue);
        return true;
    }

    /** Forgets everything; no disk is at work any more. */
    void reset() {
        Arrays.fill(submissions, null);
        Arrays.fill(completions, null);
        unanswered.clear();
        spareAdmin.clear();
        spareIo.clear();
        madeAdmin = 0;
        madeIo = 0;
        starved = false;
    }

    boolean anyIo() {
        for (int id = 1; id <= ioQueues; id++) {
            if (submissions[id] != null || completions[id] != null) {
                return true;
            }
        }
        return false;
    }

    // Making and deleting (5.3 to 5.6).

    int createCompletions(NvmeCommand command) {
        int status = checkNew(command, completions, owner.completionSize() == NvmeRegs.IOCQES);
        if (status != NvmeRegs.OK) {
            return status;
        }
        int vector = command.word(11) >>> 16;
        if (vector >= vectors) {
            return NvmeRegs.INVALID_VECTOR;
        }
        boolean interrupts = (command.word(11) & INTERRUPTS) != 0;
        int id = id(command);
        completions[id] = new CompletionQueue(owner.memory(), id, command.prp1(), size(command), vector, interrupts);
        shadows.begin(ShadowDoorbells.head(id), 0);
        return NvmeRegs.OK;
    }

    int createSubmissions(NvmeCommand command) {
        int completion = command.word(11) >>> 16;
        CompletionQueue to = completion == 0 || completion > ioQueues ? null : completions[completion];
        if (to == null) {
            return NvmeRegs.INVALID_CQ;
        }
        int status = checkNew(command, submissions, owner.submissionSize() == NvmeRegs.IOSQES);
        if (status == NvmeRegs.OK) {
            to.users++;
            submissions[id(command)] = new SubmissionQueue(id(command), command.prp1(), size(command), to);
            shadows.begin(ShadowDoorbells.tail(id(command)), 0);
        }
        return status;
    }

    private static int id(NvmeCommand command) {
        return command.word(10) & 0xffff;
    }

    private static int size(NvmeCommand command) {
        return (command.word(10) >>> 16) + 1;
    }

    private int checkNew(NvmeCommand command, @Nullable Object[] queues, boolean entriesGood) {
        int id = id(command);
        if (id == 0 || id > ioQueues || queues[id] != null) {
            return NvmeRegs.INVALID_QUEUE;
        }
        if (size(command) < 2 || size(command) > NvmeRegs.MAX_ENTRIES) {
            return NvmeRegs.INVALID_SIZE;
        }
        boolean contiguous = (command.word(11) & CONTIGUOUS) != 0;
        boolean aligned = (command.prp1() & NvmeRegs.PAGE - 1) == 0;
        return contiguous && aligned && entriesGood ? NvmeRegs.OK : NvmeRegs.INVALID_FIELD;
    }

    int deleteCompletions(int id) {
        CompletionQueue queue = id == 0 || id > ioQueues ? null : completions[id];
        if (queue == null) {
            return NvmeRegs.INVALID_QUEUE;
        }
        if (queue.users != 0) {
            return NvmeRegs.CQ_IN_USE;
        }
        completions[id] = null;
        owner.updatePin();
        return NvmeRegs.OK;
    }

    /** What disks are working at is answered first. */
    int deleteSubmissions(int id, NvmeCommand command) {
        SubmissionQueue queue = id == 0 || id > ioQueues ? null : submissions[id];
        if (queue == null || queue.deleted()) {
            return NvmeRegs.INVALID_QUEUE;
        }
        queue.deletion = command;
        unanswered.removeIf(waiting -> {
            if (waiting.queue == queue) {
                queue.completions.waiting--;
                release(waiting);
                return true;
            }
            return false;
        });
        if (queue.underWay != 0) {
            return NvmeRegs.PENDING;
        }
        forget(queue);
        return NvmeRegs.OK;
    }

    private void forget(SubmissionQueue queue) {
        submissions[queue.id] = null;
        queue.completions.users--;
    }

    // Commands.

    /** 3.1.24 and 3.1.25; a doorbell that does not exist or has an impossible value is an event (5.2.1). */
    void doorbell(int number, int value) {
        int id = number / 2;
        boolean submission = number % 2 == 0;
        SubmissionQueue from = submission && id <= ioQueues ? submissions[id] : null;
        CompletionQueue to = !submission && id <= ioQueues ? completions[id] : null;
        if (from == null && to == null) {
            badDoorbell(AsyncEvents.ERROR_DOORBELL);
        } else if (shadows.of(id)) {
            rung(from, to);
        } else if (from != null && value < from.size) {
            from.tail = value;
            // A driver that also keeps this queue's entry rings each time.
            shadows.ringAt(number, value);
            process(from);
        } else if (to != null && to.setHead(value)) {
            shadows.ringAt(number, value);
            madeRoom(to);
        } else {
            badDoorbell(AsyncEvents.ERROR_DOORBELL_VALUE);
        }
    }

    private void badDoorbell(int info) {
        owner.events().happened(AsyncEvents.TYPE_ERROR, info, LogPages.ERRORS);
    }

    private void madeRoom(CompletionQueue to) {
        retry(to);
        owner.events().report();
        owner.updatePin();
    }

    // Doorbells in memory.

    /** They are in use from now on: what is in the registers is the beginning. */
    void shadowed() {
        for (SubmissionQueue queue : submissions) {
            if (queue != null && queue.id != 0) {
                shadows.begin(ShadowDoorbells.tail(queue.id), queue.tail);
            }
        }
        for (CompletionQueue queue : completions) {
            if (queue != null && queue.id != 0) {
                shadows.begin(ShadowDoorbells.head(queue.id), queue.head());
            }
        }
    }

    /** The register of a submission queue was written, whose value is in memory. */
    void rung(int id) {
        SubmissionQueue queue = submissions[id];
        if (queue != null) {
            rung(queue, null);
        }
    }

    private void rung(@Nullable SubmissionQueue from, @Nullable CompletionQueue to) {
        if (from != null) {
            process(from);
        } else if (to != null) {
            lookAtHead(to, shadows.value(ShadowDoorbells.head(to.id)));
            madeRoom(to);
            // Pins follow each entry that is taken.
            for (int i = 0; i < ShadowDoorbells.PATIENCE && to.interrupts && !owner.messages() && moved(to); i++) {
                madeRoom(to);
            }
        }
        stopIfBroken();
    }

    private void stopIfBroken() {
        if (shadows.broken()) {
            owner.fatal();
        }
    }

    /** Takes a head from memory; whether it is another. */
    private boolean lookAtHead(CompletionQueue to, int head) {
        int before = to.head();
        if (!to.setHead(head)) {
            badDoorbell(AsyncEvents.ERROR_DOORBELL_VALUE);
        }
        return to.head() != before;
    }

    /** Whether the driver took entries meanwhile; otherwise it will ring for the next that it takes. */
    private boolean moved(CompletionQueue to) {
        return lookAtHead(to, shadows.ringAtAndLook(ShadowDoorbells.head(to.id), to.head()));
    }

    /** Whether a queue has room; if not, the driver tells when there is. */
    private boolean hasRoom(CompletionQueue to) {
        if (!to.full() || !shadows.of(to.id)) {
            return !to.full();
        }
        lookAtHead(to, shadows.value(ShadowDoorbells.head(to.id)));
        return !to.full() || moved(to) && !to.full();
    }

    /** The tail as the driver has it. */
    private void lookAtTail(SubmissionQueue queue, int tail) {
        if (tail < queue.size) {
            queue.tail = tail;
        } else {
            badDoorbell(AsyncEvents.ERROR_DOORBELL_VALUE);
        }
    }

    /** All of a queue was taken: the driver is to ring for the next. */
    private void await(SubmissionQueue queue) {
        lookAtTail(queue, shadows.ringAtAndLook(ShadowDoorbells.tail(queue.id), queue.tail));
    }

    private @Nullable NvmeCommand take(SubmissionQueue queue) {
        ArrayDeque<NvmeCommand> spare = queue.id == 0 ? spareAdmin : spareIo;
        NvmeCommand command = spare.poll();
        if (command != null) {
            return command;
        }
        if (queue.id == 0 ? madeAdmin == MAX_ADMIN_COMMANDS : madeIo == MAX_IO_COMMANDS) {
            return null;
        }
        if (queue.id == 0) {
            madeAdmin++;
        } else {
            madeIo++;
        }
        return new NvmeCommand(owner, queue, owner.maxTransfer());
    }

    private void release(NvmeCommand command) {
        command.data.clear();
        (command.queue.id == 0 ? spareAdmin : spareIo).add(command);
    }

    /** Takes what is in a queue, and what comes meanwhile, with patience. */
    private void process(SubmissionQueue queue) {
        if (!shadows.of(queue.id)) {
            takeAll(queue);
            return;
        }
        lookAtTail(queue, shadows.value(ShadowDoorbells.tail(queue.id)));
        for (int i = 0; i < ShadowDoorbells.PATIENCE && !shadows.broken(); i++) {
            takeAll(queue);
            if (queue.head != queue.tail) {
                // No free command, or the queue is being deleted.
                return;
            }
            await(queue);
            if (queue.head == queue.tail) {
                stopIfBroken();
                return;
            }
        }
        stopIfBroken();
        owner.lookAgain();
    }

    /** Looks at all queues again. */
    void resumeAll() {
        SubmissionQueue queue = submissions[0];
        if (queue != null) {
            starved = true;
            resume(queue);
        }
    }

    /** Takes what is in a queue; ends, because only the driver makes it longer, and its tail is looked at by others. */
    private void takeAll(SubmissionQueue queue) {
        while (queue.head != queue.tail && !queue.deleted() && owner.ready()) {
            NvmeCommand command = take(queue);
            if (command == null) {
                starved = true;
                return;
            }
            if (!command.load(
                    owner.memory(), queue, queue.base + (long) queue.head * NvmeRegs.SUBMISSION, owner.page())) {
                release(command);
                owner.fatal();
                return;
            }
            queue.head = (queue.head + 1) % queue.size;
            execute(command);
        }
    }

    private void execute(NvmeCommand command) {
        SubmissionQueue queue = command.queue;
        if (command.unsupported()) {
            command.status = NvmeRegs.INVALID_FIELD;
        } else {
            queue.underWay++;
            int status = queue.id == 0 ? owner.admin().execute(command) : owner.execute(command);
            if (status == NvmeRegs.PENDING) {
                if (command.opcode() == NvmeRegs.ASYNC_EVENT && queue.id == 0) {
                    // Only its number is kept.
                    queue.underWay--;
                    release(command);
                }
                return;
            }
            queue.underWay--;
            command.status = status;
        }
        answer(command);
    }

    /** All disks are done with a command. */
    void finished(NvmeCommand command) {
        SubmissionQueue queue = command.queue;
        queue.underWay--;
        answer(command);
        NvmeCommand deletion = queue.deletion;
        if (deletion != null && queue.underWay == 0) {
            forget(queue);
            deletion.status = NvmeRegs.OK;
            deletion.queue.underWay--;
            answer(deletion);
            process(deletion.queue);
        }
        resume(queue);
    }

    private void resume(SubmissionQueue queue) {
        if (!starved) {
            process(queue);
            return;
        }
        starved = false;
        for (int i = 0; i < submissions.length; i++) {
            turn = (turn + 1) % submissions.length;
            SubmissionQueue next = submissions[turn];
            if (next != null) {
                process(next);
            }
        }
    }

    private void answer(NvmeCommand command) {
        CompletionQueue to = command.queue.completions;
        if (to.waiting != 0 || !hasRoom(to)) {
            if (command.queue.deleted()) {
                release(command);
            } else {
                to.waiting++;
                unanswered.add(command);
            }
            return;
        }
        complete(command);
    }

    private void complete(NvmeCommand command) {
        put(command.queue, command.result, command.id(), command.status);
        release(command);
    }

    private void put(SubmissionQueue queue, int result, int command, int status) {
        CompletionQueue to = queue.completions;
        if (!to.put(result, queue.id, queue.head, command, status)) {
            owner.fatal();
        }
        if (shadows.of(to.id)) {
            // The driver's head never passes the tail: nobody rings where nobody has to hear of it.
            boolean heard = to.waiting != 0 || !owner.messages();
            shadows.ringAt(ShadowDoorbells.head(to.id), heard ? to.head() : to.tail());
        }
        if (to.interrupts) {
            owner.interrupt(to.vector);
        }
    }

    boolean hasRoomForEvent() {
        CompletionQueue to = completions[0];
        return to != null && !to.full() && to.waiting == 0;
    }

    /** Answers a request for an event, whose command is not kept; without room for an abortion's answer it is lost. */
    void answerEvent(int command, int result, int status) {
        SubmissionQueue queue = submissions[0];
        if (queue != null && !queue.completions.full()) {
            put(queue, result, command, status);
        }
    }

    /** The driver made room: gives the answers that waited, as far as there is room, and takes new commands. */
    private void retry(CompletionQueue to) {
        if (to.waiting == 0) {
            return;
        }
        int count = unanswered.size();
        for (int i = 0; i < count; i++) {
            NvmeCommand command = unanswered.remove();
            if (command.queue.completions != to || !hasRoom(to)) {
                unanswered.add(command);
            } else {
                to.waiting--;
                complete(command);
            }
        }
        // Outside the loop: this may add to those that wait.
        resumeAll();
    }

    /** Whether an unmasked queue that interrupts has entries the driver has not taken (7.5.1). */
    boolean pinWanted(int mask) {
        boolean level = false;
        for (CompletionQueue queue : completions) {
            level |= queue != null
                    && queue.interrupts
                    && queue.occupied()
                    && (mask >>> Math.min(queue.vector, 31) & 1) == 0;
        }
        return level;
    }
}
