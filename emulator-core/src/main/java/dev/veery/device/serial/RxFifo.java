package dev.veery.device.serial;

/**
 * The receiver FIFO: up to 16 characters, each with its error bits (PC16550D 8.5). Without FIFO mode only one place is used.
 */
final class RxFifo {
    static final int DEPTH = 16;

    private final int[] entries = new int[DEPTH];
    private int head;
    private int count;
    private int withErrors;

    int count() {
        return count;
    }

    void clear() {
        head = 0;
        count = 0;
        withErrors = 0;
    }

    /** Appends a character; the caller has checked that there is room. */
    void push(int value, int errors) {
        entries[(head + count) % DEPTH] = value | errors << 8;
        count++;
        if (errors != 0) {
            withErrors++;
        }
    }

    /** Removes the oldest character. */
    int pop() {
        int value = entries[head] & 0xff;
        takeErrors();
        head = (head + 1) % DEPTH;
        count--;
        return value;
    }

    /** Replaces the only character, as the receiver does without FIFO when nobody read in time. */
    void replaceTop(int value) {
        takeErrors();
        entries[head] = value;
    }

    /** The error bits of the oldest character, which thereby have been shown. */
    int takeErrors() {
        int errors = entries[head] >>> 8;
        if (count == 0 || errors == 0) {
            return 0;
        }
        entries[head] &= 0xff;
        withErrors--;
        return errors;
    }

    /** Whether a character that is not yet at the top carries an error. */
    boolean hasErrors() {
        return withErrors != 0;
    }
}
