package dev.veery.dma;

import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of guest RAM that one transfer moves to or from, in their order: what a back end reads and writes in place.
 * Reused by its owner. The pieces stay good as long as the machine exists, so a transfer may take its time.
 */
public final class DmaVector {
    private static final int INITIAL = 8;

    private final int limit;
    private final DmaSlice slice = new DmaSlice();
    private @Nullable RamBlock[] blocks = new RamBlock[INITIAL];
    private long[] offsets = new long[INITIAL];
    private long[] lengths = new long[INITIAL];
    private int count;
    private long total;

    /**
     * Makes an empty one.
     *
     * @param limit most pieces: a guest that scatters a transfer further is refused, or it could make the host's lists
     *     as long as it likes
     */
    public DmaVector(int limit) {
        this.limit = limit;
    }

    /** Forgets all pieces. */
    public void clear() {
        Arrays.fill(blocks, 0, count, null);
        count = 0;
        total = 0;
    }

    /** How many pieces there are. */
    public int count() {
        return count;
    }

    /** All their bytes. */
    public long length() {
        return total;
    }

    /** Host virtual address of piece {@code i}. */
    public long host(int i) {
        return block(i).host() + offsets[i];
    }

    /** Bytes of piece {@code i}, at least 1. */
    public long length(int i) {
        return lengths[i];
    }

    private RamBlock block(int i) {
        return Objects.requireNonNull(blocks[i]);
    }

    /**
     * Appends what a requester reaches at {@code iova}.
     *
     * @param write whether it will be written
     * @return whether all of it is RAM that the requester may use so, and the pieces sufficed; otherwise some may have
     *     been appended
     */
    public boolean add(DmaDomain domain, long iova, long length, boolean write) {
        long done = 0;
        while (done < length) {
            if (domain.slice(iova + done, length - done, write, slice) != DmaStatus.OK) {
                return false;
            }
            if (!append(Objects.requireNonNull(slice.block()), slice.offset(), slice.length())) {
                return false;
            }
            done += slice.length();
        }
        return true;
    }

    /** Appends the {@code length} bytes of {@code from} that begin at {@code start}; they must exist. */
    public void addRange(DmaVector from, long start, long length) {
        long skip = start;
        long left = length;
        for (int i = 0; i < from.count && left > 0; i++) {
            if (skip >= from.lengths[i]) {
                skip -= from.lengths[i];
                continue;
            }
            long run = Math.min(from.lengths[i] - skip, left);
            append(from.block(i), from.offsets[i] + skip, run);
            left -= run;
            skip = 0;
        }
        if (left > 0) {
            throw new IllegalArgumentException("a range of " + length + " bytes at " + start + " of " + from.total);
        }
    }

    private boolean append(RamBlock block, long offset, long length) {
        total += length;
        int last = count - 1;
        if (last >= 0 && blocks[last] == block && offsets[last] + lengths[last] == offset) {
            lengths[last] += length;
            return true;
        }
        if (count == limit) {
            total -= length;
            return false;
        }
        if (count == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * count);
            offsets = Arrays.copyOf(offsets, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        blocks[count] = block;
        offsets[count] = offset;
        lengths[count] = length;
        count++;
        return true;
    }

    /**
     * Reads a little-endian number.
     *
     * @param size 1, 2, 4 or 8 bytes, all of which must exist
     */
    public long get(long at, int size) {
        long value = 0;
        long start = 0;
        int done = 0;
        for (int i = 0; i < count && done < size; i++) {
            while (done < size && at + done - start < lengths[i]) {
                value |= (OffHeap.getByteAcquire(host(i) + at + done - start) & 0xffL) << 8 * done;
                done++;
            }
            start += lengths[i];
        }
        return value;
    }

    /** Copies host memory over the bytes from {@code at} on, and reports them as written; returns how many there were. */
    public long put(long at, long from, long length) {
        long start = 0;
        long done = 0;
        for (int i = 0; i < count && done < length; i++) {
            long within = at + done - start;
            if (within < lengths[i]) {
                long run = Math.min(lengths[i] - within, length - done);
                OffHeap.copy(from + done, host(i) + within, run);
                block(i).noteWrite(offsets[i] + within, run);
                done += run;
            }
            start += lengths[i];
        }
        return done;
    }

    /** Copies the bytes from {@code at} on to host memory; returns how many there were. */
    public long copyTo(long at, long to, long length) {
        long start = 0;
        long done = 0;
        for (int i = 0; i < count && done < length; i++) {
            long within = at + done - start;
            if (within < lengths[i]) {
                long run = Math.min(lengths[i] - within, length - done);
                OffHeap.copy(host(i) + within, to + done, run);
                done += run;
            }
            start += lengths[i];
        }
        return done;
    }

    /** Writes one byte, which must exist, behind all earlier accesses. */
    public void putByte(long at, int value) {
        long start = 0;
        for (int i = 0; i < count; i++) {
            long within = at - start;
            if (within < lengths[i]) {
                OffHeap.putByteRelease(host(i) + within, value);
                block(i).noteWrite(offsets[i] + within, 1);
                return;
            }
            start += lengths[i];
        }
    }

    /** Must follow a write of all pieces in place: the processors may have decoded them. */
    public void written() {
        for (int i = 0; i < count; i++) {
            block(i).noteWrite(offsets[i], lengths[i]);
        }
    }
}
