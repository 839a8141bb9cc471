package dev.veery.cpu.interp;

import dev.veery.memory.CodeListener;
import dev.veery.memory.RamBlock;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one processor, found by the host page their code lies in. Bounded: when full, everything is dropped and
 * decoded again on demand.
 *
 * <p>Touched by the vCPU's thread alone, but for {@link #codeWritten}, which another thread's write may reach: that is
 * queued and carried out before the next block begins. What a processor's own thread wrote is looked at by the byte;
 * what others wrote by the chunk, as the chunk's mark is gone by then.
 */
final class BlockCache implements CodeListener {
    /** Ops kept before the cache starts over: bounds the heap it takes to about 40 MiB. */
    private static final int MAX_OPS = 600_000;

    /** What all processors together keep, of which each has its part. */
    private static final int ALL_OPS = 4 * MAX_OPS;

    private static final int MIN_OPS = 100_000;

    /** RIPs that the same bytes have native code for. */
    private static final int MAX_TWINS = 8;

    private static final int PAGE_SLOTS = 1 << 14;

    /** Chunks of a page. */
    private static final int CHUNKS = 4096 / RamBlock.CODE_CHUNK;

    /**
     * Blocks of one page, by the 64-byte chunk in which they begin, and how many cover each chunk: what is written is often
     * code that a program makes, in a page that is full of it.
     */
    private static final class CodePage {
        final long host;
        final @Nullable Block[] byChunk = new Block[CHUNKS];
        final int[] covering = new int[CHUNKS];

        /** Where the longest of those that begin in each chunk end, at most: few reach what is written in another chunk. */
        final int[] end = new int[CHUNKS];

        /** Those that begin in another page. */
        @Nullable
        Block crossing;

        @Nullable
        CodePage nextInSlot;

        CodePage(long host) {
            this.host = host;
        }

        void cover(Block b, int more) {
            int end = Math.min(b.pageOffset + b.length, 4096);
            for (int c = chunk(b.pageOffset); c <= chunk(end - 1); c++) {
                covering[c] += more;
            }
        }

        /** The chunks that hold code. */
        long mask() {
            long mask = 0;
            for (int c = 0; c < CHUNKS; c++) {
                mask |= covering[c] == 0 ? 0 : 1L << c;
            }
            return mask;
        }

        static int chunk(int offset) {
            return offset / RamBlock.CODE_CHUNK;
        }
    }

    /** Reports of other threads kept: a processor that does not run for long would collect them without end. */
    private static final int MAX_QUEUED = 4096;

    private record Written(RamBlock ram, long offset, int length) {}

    private final @Nullable CodePage[] slots = new CodePage[PAGE_SLOTS];
    private final ConcurrentLinkedQueue<Written> elsewhere = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final Runnable request;
    private final IntSupplier processors;

    /** Reports were not queued: everything has to go. */
    private volatile boolean overflowed;

    /** Something was decoded. Set before the first bytes are read. */
    private volatile boolean filled;

    private @Nullable NativeTier tier;
    private @Nullable Thread owner;
    private int opCount;
    private int replaced;
    private int flushes;

    /** The page looked up last. */
    private @Nullable CodePage last;

    /**
     * Makes one.
     *
     * @param processors how many share the heap
     * @param request asks the processor to {@link #drain} before its next block; any thread
     */
    BlockCache(Runnable request, IntSupplier processors) {
        this.request = request;
        this.processors = processors;
    }

    /** Comes before code is marked and read, so that others' writes to it are not passed over. */
    void beforeDecoding() {
        if (!filled) {
            filled = true;
        }
    }

    void setTier(NativeTier nativeTier) {
        tier = nativeTier;
    }

    private void kill(Block b) {
        NativeTier t = tier;
        if (t != null) {
            t.kill(b);
        }
        b.kill();
    }

    void setOwner(Thread thread) {
        owner = thread;
    }

    private static int slot(long host) {
        long page = host >>> 12;
        return (int) (page ^ page >>> 14) & PAGE_SLOTS - 1;
    }

    private @Nullable CodePage find(long hostPage) {
        CodePage p = last;
        if (p != null && p.host == hostPage) {
            return p;
        }
        for (p = slots[slot(hostPage)]; p != null; p = p.nextInSlot) {
            if (p.host == hostPage) {
                last = p;
                return p;
            }
        }
        return null;
    }

    /** The block at host address {@code host} for {@code mode}, or null; one that crosses into any page. */
    @Nullable
    Block get(long host, int mode) {
        return get(host, mode, 0);
    }

    /** As {@link #get(long, int)}, if it crosses one that does into the page at {@code tailHost}. */
    @Nullable
    Block get(long host, int mode, long tailHost) {
        CodePage p = find(host & -4096L);
        if (p == null) {
            return null;
        }
        int offset = (int) host & 0xfff;
        for (Block b = p.byChunk[CodePage.chunk(offset)]; b != null; b = b.nextInPage) {
            if (b.pageOffset == offset && b.mode == mode && (tailHost == 0 || b.tailHost == tailHost)) {
                return b;
            }
        }
        return null;
    }

    /**
     * The one that has native code for {@code rip}, or may get it, of those that stand for the same bytes: programs map the same
     * pages of libraries at addresses of their own.
     *
     * @param b has native code for another RIP
     */
    Block twin(Block b, long rip) {
        int count = 1;
        for (Block t = b.twin; t != b; t = t.twin) {
            if (t.code == 0 || t.codeRip == rip) {
                return t;
            }
            count++;
        }
        if (count < MAX_TWINS) {
            Block made = b.makeTwin();
            add(b.host, made);
            return made;
        }
        // Any of the others: which are of programs that have ended is not known.
        Block other = b.twin;
        for (int i = replaced++ % (MAX_TWINS - 1); i > 0; i--) {
            other = other.twin;
        }
        Objects.requireNonNull(tier).kill(other);
        return other;
    }

    /** Adds a block whose code starts at host address {@code host}. */
    void add(long host, Block block) {
        opCount += block.ops.length;
        if (opCount > MIN_OPS && opCount > Math.min(MAX_OPS, ALL_OPS / processors.getAsInt())) {
            clear();
            opCount = block.ops.length;
            NativeTier t = tier;
            if (t != null) {
                t.discard();
            }
        }
        block.host = host;
        if (block.crosses()) {
            CodePage next = page(block.tailHost);
            block.nextCrossing = next.crossing;
            next.crossing = block;
            next.covering[0]++;
        }
        CodePage p = page(host & -4096L);
        int chunk = CodePage.chunk(block.pageOffset);
        block.nextInPage = p.byChunk[chunk];
        p.byChunk[chunk] = block;
        p.end[chunk] = Math.max(p.end[chunk], block.pageOffset + block.length);
        p.cover(block, 1);
    }

    private CodePage page(long hostPage) {
        CodePage p = find(hostPage);
        if (p == null) {
            p = new CodePage(hostPage);
            int slot = slot(hostPage);
            p.nextInSlot = slots[slot];
            slots[slot] = p;
            last = p;
        }
        return p;
    }

    /** How often the cache was full. */
    int flushes() {
        return flushes;
    }

    /** Drops everything. */
    void clear() {
        for (int i = 0; i < PAGE_SLOTS; i++) {
            for (CodePage p = slots[i]; p != null; p = p.nextInSlot) {
                // Marks stay: other processors may have decoded the same page.
                killAll(p);
            }
            slots[i] = null;
        }
        last = null;
        opCount = 0;
        flushes++;
    }

    private void killAll(CodePage p) {
        for (Block first : p.byChunk) {
            for (Block b = first; b != null; b = b.nextInPage) {
                kill(b);
            }
        }
    }

    @Override
    public long codeWritten(RamBlock ram, long offset, int length) {
        if (Thread.currentThread() == owner) {
            return invalidate(ram, offset, length);
        }
        if (filled) {
            if (queued.get() < MAX_QUEUED) {
                queued.incrementAndGet();
                elsewhere.add(new Written(ram, offset, length));
            } else {
                overflowed = true;
            }
            request.run();
        }
        return 0;
    }

    /** Carries out what other threads' writes asked for. */
    void drain() {
        if (overflowed) {
            overflowed = false;
            elsewhere.clear();
            queued.set(0);
            clear();
            return;
        }
        for (Written w = elsewhere.poll(); w != null; w = elsewhere.poll()) {
            queued.decrementAndGet();
            long from = w.offset & -RamBlock.CODE_CHUNK;
            long to = w.offset + w.length + RamBlock.CODE_CHUNK - 1 & -RamBlock.CODE_CHUNK;
            invalidate(w.ram, from, (int) (to - from));
        }
    }

    /** Returns the chunks of the page that still hold code. */
    private long invalidate(RamBlock ram, long offset, int length) {
        CodePage p = find(ram.host() + (offset & -4096L));
        if (p == null) {
            return 0;
        }
        int from = (int) offset & 0xfff;
        int to = from + length;
        int before = Math.max(0, from - Block.MAX_LENGTH + 1);
        for (int c = CodePage.chunk(before); c <= CodePage.chunk(to - 1); c++) {
            if (p.end[c] <= from) {
                continue;
            }
            Block kept = null;
            int end = 0;
            for (Block b = p.byChunk[c]; b != null; ) {
                Block next = b.nextInPage;
                if (b.pageOffset < to && from < b.pageOffset + b.length) {
                    drop(p, b);
                    if (b.crosses()) {
                        forgetCrossing(Objects.requireNonNull(find(b.tailHost)), b);
                    }
                } else {
                    b.nextInPage = kept;
                    kept = b;
                    end = Math.max(end, b.pageOffset + b.length);
                }
                b = next;
            }
            p.byChunk[c] = kept;
            p.end[c] = end;
        }
        if (p.crossing != null) {
            invalidateCrossing(p, from);
        }
        return p.mask();
    }

    private void invalidateCrossing(CodePage p, int from) {
        for (Block b = p.crossing; b != null; b = b.nextCrossing) {
            if (from < b.tailLength()) {
                CodePage head = Objects.requireNonNull(find(b.host & -4096L));
                drop(head, b);
                forget(head, b);
                forgetCrossing(p, b);
            }
        }
    }

    /** Takes it out of use; the lists are the caller's to change. */
    private void drop(CodePage p, Block b) {
        opCount -= b.ops.length;
        p.cover(b, -1);
        kill(b);
    }

    private static void forget(CodePage p, Block gone) {
        int chunk = CodePage.chunk(gone.pageOffset);
        Block kept = null;
        for (Block b = p.byChunk[chunk]; b != null; ) {
            Block next = b.nextInPage;
            if (b != gone) {
                b.nextInPage = kept;
                kept = b;
            }
            b = next;
        }
        p.byChunk[chunk] = kept;
    }

    /** {@code gone} keeps its place in the list that it is taken out of, for who is going through that. */
    private static void forgetCrossing(CodePage p, Block gone) {
        p.covering[0]--;
        Block b = p.crossing;
        if (b == gone) {
            p.crossing = gone.nextCrossing;
            return;
        }
        while (Objects.requireNonNull(b).nextCrossing != gone) {
            b = b.nextCrossing;
        }
        b.nextCrossing = gone.nextCrossing;
    }
}
