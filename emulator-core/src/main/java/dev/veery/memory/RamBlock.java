package dev.veery.memory;

import dev.veery.base.Unsigned;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous piece of guest RAM or ROM in host memory, with a record of who must hear about writes.
 *
 * <p>Whoever writes the block's memory calls {@link #noteWrite} afterwards. A TLB may leave that out for pages where
 * {@link #writeTracked} is false, until a {@link TrackingListener} tells it otherwise.
 *
 * <p>The code map has one bit for each 64-byte chunk. An engine marks the chunks first, then reads the bytes it decodes;
 * a writer writes first, then looks at the map, with a full fence in between on both sides: a change is either decoded
 * or reported. The map is kept in leaves that exist only where code was decoded.
 *
 * <p>A report takes the marks of the chunks that were written away first, then tells the engine, which drops what it had
 * decoded there. While it does so {@link #reports} is odd, and whoever finds no mark waits: the engine has not necessarily
 * heard yet.
 */
public final class RamBlock implements AutoCloseable {
    /** Bytes in a page. */
    public static final int PAGE_SIZE = 4096;
    /** log2 of {@link #PAGE_SIZE}. */
    public static final int PAGE_SHIFT = 12;
    /** Bytes that one bit of a code mask stands for. */
    public static final int CODE_CHUNK = 64;

    private static final int CHUNK_SHIFT = 6;
    private static final int LEAF_SHIFT = 12;
    private static final int LEAF_PAGES = 1 << LEAF_SHIFT;
    private static final VarHandle LEAF = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle MASK = MethodHandles.arrayElementVarHandle(long[].class);
    private static final DirtyLog[] NO_LOGS = {};

    private final String name;
    private final RamBacking backing;
    private final long host;
    private final long size;
    private final int pages;
    private final long[] @Nullable [] codeMap;

    /** Whether {@link #noteWrite} has anything to do: there is a log or an engine. Set before either relies on it. */
    private volatile boolean tracking;

    private volatile DirtyLog[] logs = NO_LOGS;
    private volatile @Nullable CodeListener codeListener;

    /** Guards {@link #reports}: one report at a time. */
    private final Object reporting = new Object();

    /** Counts the beginnings and the ends of reports to {@link #codeListener}. */
    private volatile int reports;

    private volatile TrackingListener[] trackingListeners = {};
    private volatile DirtySource[] dirtySources = {};

    /**
     * Wraps memory; the block owns it from now on.
     *
     * @throws IllegalArgumentException if address or size are not whole pages, or the size is zero or above 8 TiB
     */
    public RamBlock(String name, RamBacking backing) {
        this.name = name;
        this.backing = backing;
        host = backing.host();
        size = backing.size();
        if (size <= 0 || ((size | host) & PAGE_SIZE - 1) != 0 || size >>> PAGE_SHIFT > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": host " + Long.toHexString(host) + ", size " + size);
        }
        pages = (int) (size >>> PAGE_SHIFT);
        codeMap = new long[(pages + LEAF_PAGES - 1) >>> LEAF_SHIFT][];
    }

    /** The name, for people. */
    public String name() {
        return name;
    }

    /** Host virtual address of the first byte. */
    public long host() {
        return host;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** {@link #size()} in pages. */
    public int pages() {
        return pages;
    }

    /**
     * Records that {@code [offset, offset + length)} has just been written. Costs one test when nothing is tracked.
     */
    public void noteWrite(long offset, long length) {
        if (tracking) {
            noteWriteSlow(offset, length);
        }
    }

    private void noteWriteSlow(long offset, long length) {
        assert length > 0 && Unsigned.fits(offset, length, size) : name + " " + Long.toHexString(offset);
        // The write must be visible before the map is looked at: see the class comment.
        VarHandle.fullFence();
        int first = (int) (offset >>> PAGE_SHIFT);
        int last = (int) ((offset + length - 1) >>> PAGE_SHIFT);
        for (DirtyLog log : logs) {
            log.mark(first, last);
        }
        for (int page = first; page <= last; page++) {
            long from = Math.max(offset, (long) page << PAGE_SHIFT);
            long to = Math.min(offset + length, (long) (page + 1) << PAGE_SHIFT);
            noteCodeWrite(page, from, (int) (to - from));
        }
    }

    private void noteCodeWrite(int page, long offset, int length) {
        long chunks = chunkMask(offset, length);
        while (true) {
            int before = reports;
            if ((codeMask(page) & chunks) != 0) {
                report(page, chunks, offset, length);
                return;
            }
            if ((before & 1) == 0 && reports == before) {
                return;
            }
            awaitReport();
        }
    }

    private void awaitReport() {
        synchronized (reporting) {
            // Whoever was reporting is done.
            assert (reports & 1) == 0 : name;
        }
    }

    private void report(int page, long chunks, long offset, int length) {
        CodeListener listener = codeListener;
        if (listener == null) {
            return;
        }
        synchronized (reporting) {
            reports++;
            try {
                long[] leaf = (long[]) LEAF.getAcquire(codeMap, page >>> LEAF_SHIFT);
                long before = (long) MASK.getAndBitwiseAnd(leaf, page & LEAF_PAGES - 1, ~chunks);
                if ((before & chunks) != 0) {
                    long kept = listener.codeWritten(this, offset, length) & chunks;
                    if (kept != 0) {
                        MASK.getAndBitwiseOr(leaf, page & LEAF_PAGES - 1, kept);
                    }
                }
            } finally {
                reports++;
            }
        }
    }

    /** Whether writes to the page must be reported by {@link #noteWrite}. */
    public boolean writeTracked(int page) {
        if (!tracking) {
            return false;
        }
        int before = reports;
        if (codeMask(page) != 0 || (before & 1) != 0 || reports != before) {
            return true;
        }
        for (DirtyLog log : logs) {
            if (!log.isDirty(page)) {
                return true;
            }
        }
        return false;
    }

    /** The bits of the code mask that stand for {@code [offset, offset + length)}, which lies within one page. */
    public static long chunkMask(long offset, int length) {
        int first = (int) (offset & PAGE_SIZE - 1) >>> CHUNK_SHIFT;
        int last = (int) ((offset + length - 1) & PAGE_SIZE - 1) >>> CHUNK_SHIFT;
        return -1L << first & -1L >>> (63 - last);
    }

    /** Which 64-byte chunks of the page hold decoded code: bit n for bytes 64n to 64n + 63. */
    public long codeMask(int page) {
        long[] leaf = (long[]) LEAF.getAcquire(codeMap, page >>> LEAF_SHIFT);
        return leaf == null ? 0 : (long) MASK.getVolatile(leaf, page & LEAF_PAGES - 1);
    }

    /** The first page at or behind {@code from} that holds decoded code, or {@link #pages}. */
    public int nextCode(int from) {
        int page = from;
        while (page < pages) {
            long[] leaf = (long[]) LEAF.getAcquire(codeMap, page >>> LEAF_SHIFT);
            if (leaf == null) {
                page = (page | LEAF_PAGES - 1) + 1;
            } else if ((long) MASK.getVolatile(leaf, page & LEAF_PAGES - 1) != 0) {
                return page;
            } else {
                page++;
            }
        }
        return pages;
    }

    /**
     * Marks chunks as decoded. To be called before their bytes are read. When this answers 0 the page was not tracked:
     * other processors may hold TLB entries that write it unnoticed, and the engine must see to those.
     *
     * @return the mask before
     */
    public long markCode(int page, long mask) {
        long[] leaf = (long[]) LEAF.getAcquire(codeMap, page >>> LEAF_SHIFT);
        if (leaf == null) {
            leaf = addLeaf(page >>> LEAF_SHIFT);
        }
        long before = (long) MASK.getVolatile(leaf, page & LEAF_PAGES - 1);
        if ((before | mask) != before) {
            before = (long) MASK.getAndBitwiseOr(leaf, page & LEAF_PAGES - 1, mask);
        }
        VarHandle.fullFence();
        return before;
    }

    /** As {@link #markCode}, but does nothing when nothing of the page is marked; then it answers 0. */
    public long markMoreCode(int page, long mask) {
        long[] leaf = (long[]) LEAF.getAcquire(codeMap, page >>> LEAF_SHIFT);
        if (leaf == null) {
            return 0;
        }
        int index = page & LEAF_PAGES - 1;
        long before = (long) MASK.getVolatile(leaf, index);
        while (before != 0 && (before | mask) != before) {
            long seen = (long) MASK.compareAndExchange(leaf, index, before, before | mask);
            if (seen == before) {
                break;
            }
            before = seen;
        }
        VarHandle.fullFence();
        return before;
    }

    private synchronized long[] addLeaf(int index) {
        long[] leaf = codeMap[index];
        if (leaf == null) {
            leaf = new long[Math.min(LEAF_PAGES, pages - (index << LEAF_SHIFT))];
            LEAF.setRelease(codeMap, index, leaf);
        }
        return leaf;
    }

    /** Names the one engine that hears of writes to marked chunks; null for none. Comes before it decodes anything. */
    public synchronized void setCodeListener(@Nullable CodeListener listener) {
        codeListener = listener;
        updateTracking();
    }

    /** Whether an engine decodes code here. */
    public boolean decoded() {
        return codeListener != null;
    }

    private void updateTracking() {
        tracking = logs.length != 0 || codeListener != null;
    }

    /** Adds one who must hear when {@link #writeTracked} turns true for pages. */
    public synchronized void addTrackingListener(TrackingListener listener) {
        TrackingListener[] grown = Arrays.copyOf(trackingListeners, trackingListeners.length + 1);
        grown[grown.length - 1] = listener;
        trackingListeners = grown;
    }

    void notifyTrackingChanged() {
        for (TrackingListener listener : trackingListeners) {
            listener.trackingChanged(this);
        }
    }

    /** Adds one who writes past {@link #noteWrite} and is asked for its writes before a log is read. */
    public synchronized void addDirtySource(DirtySource source) {
        DirtySource[] grown = Arrays.copyOf(dirtySources, dirtySources.length + 1);
        grown[grown.length - 1] = source;
        dirtySources = grown;
    }

    void collectDirty() {
        for (DirtySource source : dirtySources) {
            source.collect(this);
        }
    }

    /** Whether there is a reader of written pages. */
    public boolean logged() {
        return logs.length != 0;
    }

    /** Starts to record written pages for one more reader. */
    public DirtyLog startDirtyLog() {
        DirtyLog log = new DirtyLog(this);
        synchronized (this) {
            DirtyLog[] grown = Arrays.copyOf(logs, logs.length + 1);
            grown[grown.length - 1] = log;
            logs = grown;
            updateTracking();
        }
        notifyTrackingChanged();
        return log;
    }

    void stopDirtyLog(DirtyLog log) {
        synchronized (this) {
            logs = Arrays.stream(logs).filter(other -> other != log).toArray(DirtyLog[]::new);
            updateTracking();
        }
        notifyTrackingChanged();
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        backing.close();
    }

    @Override
    public String toString() {
        return name + "[" + (size >>> 10) + " KiB]";
    }
}
