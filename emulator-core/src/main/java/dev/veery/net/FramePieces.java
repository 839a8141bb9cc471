package dev.veery.net;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/** A frame as pieces of host memory in their order, mostly guest RAM, which is neither copied nor owned. Reused by its owner. */
public final class FramePieces {
    private static final int INITIAL = 8;

    private long[] hosts = new long[INITIAL];
    private int[] lengths = new int[INITIAL];
    private int count;
    private int total;

    /** Forgets all pieces. */
    public void clear() {
        count = 0;
        total = 0;
    }

    /** Appends a piece; an empty one is left out. */
    public void add(long host, int length) {
        if (length == 0) {
            return;
        }
        if (count == hosts.length) {
            hosts = Arrays.copyOf(hosts, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        hosts[count] = host;
        lengths[count] = length;
        count++;
        total += length;
    }

    /** Appends the {@code length} bytes of {@code from} that begin at {@code start}; they must exist. */
    public void addRange(FramePieces from, int start, int length) {
        int skip = start;
        int left = length;
        for (int i = 0; i < from.count && left > 0; i++) {
            int run = Math.min(from.lengths[i] - skip, left);
            if (run > 0) {
                add(from.hosts[i] + skip, run);
                left -= run;
            }
            skip = Math.max(0, skip - from.lengths[i]);
        }
        if (left > 0) {
            throw new IllegalArgumentException("a range of " + length + " bytes at " + start + " of " + from.total);
        }
    }

    /** How many pieces there are. */
    public int count() {
        return count;
    }

    /** All their bytes. */
    public int length() {
        return total;
    }

    /** Host virtual address of piece {@code i}. */
    public long host(int i) {
        return hosts[i];
    }

    /** Bytes of piece {@code i}, at least 1. */
    public int length(int i) {
        return lengths[i];
    }

    /** Copies the first {@code length} bytes, or as many as there are, to host memory; returns how many. */
    public int copyTo(long to, int length) {
        int done = 0;
        for (int i = 0; i < count && done < length; i++) {
            int run = Math.min(lengths[i], length - done);
            OffHeap.copy(hosts[i], to + done, run);
            done += run;
        }
        return done;
    }

    /** The sum, as {@link InternetChecksum} makes it, of {@code length} bytes from {@code start} on, which must exist. */
    public int sum(int start, int length) {
        int skip = start;
        int done = 0;
        int sum = 0;
        for (int i = 0; i < count && done < length; i++) {
            int run = Math.min(lengths[i] - skip, length - done);
            if (run > 0) {
                sum = InternetChecksum.append(sum, done, InternetChecksum.sum(hosts[i] + skip, run));
                done += run;
            }
            skip = Math.max(0, skip - lengths[i]);
        }
        return sum;
    }
}
