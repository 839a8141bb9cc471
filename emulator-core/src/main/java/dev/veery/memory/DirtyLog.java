package dev.veery.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One reader's record of the pages of a {@link RamBlock} written since it last looked. Made by
 * {@link RamBlock#startDirtyLog}; every page starts clean.
 */
public final class DirtyLog implements AutoCloseable {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final RamBlock block;
    private final long[] words;

    DirtyLog(RamBlock block) {
        this.block = block;
        this.words = new long[(block.pages() + 63) >>> 6];
    }

    /** The block that is watched. */
    public RamBlock block() {
        return block;
    }

    /** Whether the page was written since it was last cleared. */
    public boolean isDirty(int page) {
        return ((long) WORD.getVolatile(words, page >>> 6) >>> page & 1) != 0;
    }

    /** The first dirty page at or after {@code from}, or -1. */
    public int nextDirty(int from) {
        int index = from >>> 6;
        long mask = -1L << from;
        while (index < words.length) {
            long word = (long) WORD.getVolatile(words, index) & mask;
            if (word != 0) {
                return (index << 6) + Long.numberOfTrailingZeros(word);
            }
            mask = -1L;
            index++;
        }
        return -1;
    }

    /**
     * Takes the dirty pages of {@code [from, from + count)} and marks them clean, before their contents are read. What
     * is written meanwhile is dirty again.
     *
     * @return a bitmap, bit 0 of element 0 for page {@code from}
     */
    public long[] takeDirty(int from, int count) {
        java.util.Objects.checkFromIndexSize(from, count, block.pages());
        block.collectDirty();
        long[] taken = new long[(count + 63) >>> 6];
        boolean any = false;
        for (int page = nextDirty(from); page >= 0 && page < from + count; page = nextDirty(page + 1)) {
            long bit = 1L << page;
            WORD.getAndBitwiseAnd(words, page >>> 6, ~bit);
            taken[(page - from) >>> 6] |= 1L << (page - from);
            any = true;
        }
        if (any) {
            block.notifyTrackingChanged();
        }
        return taken;
    }

    /** Ends the log. */
    @Override
    public void close() {
        block.stopDirtyLog(this);
    }

    void mark(int firstPage, int lastPage) {
        for (int page = firstPage; page <= lastPage; page++) {
            if (!isDirty(page)) {
                WORD.getAndBitwiseOr(words, page >>> 6, 1L << page);
            }
        }
    }
}
