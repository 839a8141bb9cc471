package dev.veery.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what a card sends; what it receives comes from the test. */
public final class Cable implements NetBackend {
    public final List<byte[]> sent = new ArrayList<>();

    public @Nullable NetFrontend card;

    /** How many frames can still be sent. */
    public int room = Integer.MAX_VALUE;

    /** How often the card had room again. */
    public int resumed;

    private long copy = OffHeap.allocate(MAX_FRAME);

    @Override
    public void connect(NetFrontend frontend) {
        card = frontend;
    }

    @Override
    public boolean send(FramePieces frame) {
        if (room == 0) {
            return false;
        }
        room--;
        byte[] bytes = new byte[frame.length()];
        assertEquals(bytes.length, frame.copyTo(copy, MAX_FRAME));
        OffHeap.copyOut(copy, bytes, 0, bytes.length);
        sent.add(bytes);
        return true;
    }

    @Override
    public void resume() {
        resumed++;
    }

    /** More than one card may close it. */
    @Override
    public void close() {
        if (copy != 0) {
            OffHeap.free(copy);
            copy = 0;
        }
    }
}
