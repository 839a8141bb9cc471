package dev.veery.device.i8042;

/** A bounded queue of bytes. */
final class ByteQueue {
    private final byte[] bytes;
    private int head;
    private int count;

    ByteQueue(int capacity) {
        bytes = new byte[capacity];
    }

    boolean isEmpty() {
        return count == 0;
    }

    int room() {
        return bytes.length - count;
    }

    void clear() {
        count = 0;
    }

    /** Appends a byte; drops it when there is no room. */
    void add(int value) {
        if (count < bytes.length) {
            bytes[(head + count) % bytes.length] = (byte) value;
            count++;
        }
    }

    /** Takes the oldest byte; there is one. */
    int take() {
        int value = bytes[head] & 0xff;
        head = (head + 1) % bytes.length;
        count--;
        return value;
    }
}
