package dev.veery.chardev;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A device with room for a settable number of bytes; the test takes them out. */
final class RecordingFrontend implements CharFrontend {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final int expected;
    private final CountDownLatch complete = new CountDownLatch(1);
    private int room;
    private int breaks;

    /** Completes at {@code expected} bytes. */
    RecordingFrontend(int room, int expected) {
        this.room = room;
        this.expected = expected;
    }

    @Override
    public int canReceive() {
        return room;
    }

    @Override
    public void receive(byte[] data, int offset, int length) {
        if (length > room) {
            throw new AssertionError(length + " bytes into room for " + room);
        }
        received.write(data, offset, length);
        room -= length;
        if (received.size() >= expected) {
            complete.countDown();
        }
    }

    @Override
    public void receiveBreak() {
        breaks++;
    }

    void makeRoom(int bytes) {
        room += bytes;
    }

    int breaks() {
        return breaks;
    }

    int size() {
        return received.size();
    }

    byte[] bytes() {
        return received.toByteArray();
    }

    String text() {
        return received.toString(StandardCharsets.ISO_8859_1);
    }

    boolean awaitComplete() throws InterruptedException {
        return complete.await(20, TimeUnit.SECONDS);
    }
}
