package dev.veery.cpu.mmu;

/**
 * Says when a page that is written again and again, beside the code that was once decoded from it, is no longer believed to be code:
 * what a kernel ran to initialise itself becomes data, of which only the bytes that are written are noticed. A page that turns out to
 * be code after all is believed four times as long each time, so that code with its data in the same page costs little.
 */
final class WrittenCode {
    private static final int SLOTS = 1 << 10;
    private static final int FIRST = 8;
    private static final int MOST_TIMES = 10;

    private final int[] writes = new int[SLOTS];
    private final byte[] times = new byte[SLOTS];

    /** Another (sampled) write beside code of {@code page}; whether the code should be forgotten. */
    boolean doubtful(int page) {
        int slot = (page ^ page >>> 10) & SLOTS - 1;
        writes[slot]++;
        if (writes[slot] < FIRST << 2 * times[slot]) {
            return false;
        }
        writes[slot] = 0;
        times[slot] = (byte) Math.min(MOST_TIMES, times[slot] + 1);
        return true;
    }
}
