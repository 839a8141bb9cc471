package dev.veery.time;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Armed timers as a binary heap, earliest deadline first, then the one armed first. Allocates only to grow. */
final class TimerQueue {
    /** The deadline of an empty queue. */
    static final long NEVER = Long.MAX_VALUE;

    private @Nullable Timer[] heap = new @Nullable Timer[16];
    private int size;
    private long sequence;

    /** Told when a timer was armed that is now the earliest. */
    interface Owner {
        void earliestChanged(long deadline);
    }

    static final class Timer implements VmTimer {
        private final String name;
        private final Runnable onExpire;
        private final TimerQueue queue;
        private final Owner owner;
        private long deadline;
        private long sequence;
        private int index = -1;

        Timer(String name, Runnable onExpire, TimerQueue queue, Owner owner) {
            this.name = name;
            this.onExpire = onExpire;
            this.queue = queue;
            this.owner = owner;
        }

        @Override
        public void arm(long deadline) {
            queue.remove(this);
            this.deadline = deadline;
            sequence = queue.sequence++;
            queue.insert(this);
            if (index == 0) {
                owner.earliestChanged(deadline);
            }
        }

        @Override
        public void cancel() {
            queue.remove(this);
        }

        @Override
        public boolean armed() {
            return index >= 0;
        }

        long deadline() {
            return deadline;
        }

        void expire() {
            onExpire.run();
        }

        boolean before(Timer other) {
            return deadline < other.deadline || (deadline == other.deadline && sequence - other.sequence < 0);
        }

        @Override
        public String toString() {
            return name + (armed() ? " at " + deadline : "");
        }
    }

    /** The earliest deadline, or {@link #NEVER}. */
    long earliest() {
        return size == 0 ? NEVER : at(0).deadline;
    }

    /** How many times a timer was armed so far; timers armed later have this number or a higher one. */
    long mark() {
        return sequence;
    }

    /** Takes out the earliest timer if its deadline is not after {@code now} and it was armed before {@code mark}. */
    @Nullable
    Timer pollExpired(long now, long mark) {
        if (size == 0) {
            return null;
        }
        Timer first = at(0);
        if (first.deadline > now || first.sequence >= mark) {
            return null;
        }
        remove(first);
        return first;
    }

    private Timer at(int index) {
        Timer timer = heap[index];
        assert timer != null;
        return timer;
    }

    private void insert(Timer timer) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        siftUp(size++, timer);
    }

    private void remove(Timer timer) {
        int index = timer.index;
        if (index < 0) {
            return;
        }
        timer.index = -1;
        Timer moved = at(--size);
        heap[size] = null;
        if (moved != timer) {
            siftDown(index, moved);
            if (moved.index == index) {
                siftUp(index, moved);
            }
        }
    }

    private void siftUp(int from, Timer timer) {
        int index = from;
        while (index > 0) {
            int up = (index - 1) >>> 1;
            Timer parent = at(up);
            if (!timer.before(parent)) {
                break;
            }
            place(index, parent);
            index = up;
        }
        place(index, timer);
    }

    private void siftDown(int from, Timer timer) {
        int index = from;
        while (2 * index + 1 < size) {
            int down = 2 * index + 1;
            if (down + 1 < size && at(down + 1).before(at(down))) {
                down++;
            }
            Timer child = at(down);
            if (!child.before(timer)) {
                break;
            }
            place(index, child);
            index = down;
        }
        place(index, timer);
    }

    private void place(int index, Timer timer) {
        heap[index] = timer;
        timer.index = index;
    }
}
