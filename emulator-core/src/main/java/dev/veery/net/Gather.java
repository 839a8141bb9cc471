package dev.veery.net;

import dev.veery.memory.access.OffHeap;
import java.nio.ByteBuffer;

/** A frame as the buffers that channels write from, which are made once and aimed at each frame's pieces. */
final class Gather {
    private static final int INITIAL = 8;

    private ByteBuffer[] buffers = {};
    private int count;

    /** Starts anew. */
    void clear() {
        count = 0;
    }

    /** Appends memory. */
    void add(long host, int length) {
        if (count == buffers.length) {
            grow();
        }
        OffHeap.aim(buffers[count], host, length);
        count++;
    }

    /** Appends the pieces of a frame, {@code limit} bytes at most. */
    void add(FramePieces frame, int limit) {
        int left = limit;
        for (int i = 0; i < frame.count() && left > 0; i++) {
            int run = Math.min(left, frame.length(i));
            add(frame.host(i), run);
            left -= run;
        }
    }

    private void grow() {
        ByteBuffer[] more = new ByteBuffer[Math.max(INITIAL, 2 * count)];
        for (int i = 0; i < more.length; i++) {
            more[i] = i < count ? buffers[i] : OffHeap.buffer(0, 0);
        }
        buffers = more;
    }

    /** What to write from: the first {@link #count}. */
    ByteBuffer[] buffers() {
        return buffers;
    }

    int count() {
        return count;
    }

    /** Whether something was not written. */
    boolean hasRemaining() {
        return count > 0 && buffers[count - 1].hasRemaining();
    }
}
