package dev.veery.cpu.interp;

import dev.veery.memory.CodeListener;
import dev.veery.memory.RamBlock;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one processor, found by the host page their code lies in. Bounded: when full, everything is dropped and
 * decoded again on demand.
 *
 * <p>Touched by the vCPU's thread alone, but for {@link #codeWritten}, which another thread's write may reach: that is
 * queued and carried out before the next block begins.
 */
final class BlockCache implements CodeListener {
    /** Ops kept before the cache starts over: bounds the heap it takes to about 40 MiB. */
    private static final int MAX_OPS = 600_000;

    private static final int PAGE_SLOTS = 1 << 14;

    /** Blocks of one page, and which of its 64-byte chunks they cover. */
    private static final class CodePage {
        final long host;
        final RamBlock ram;
        final int page;
        final @Nullable Block[] byOffset = new Block[64];

        @Nullable
        CodePage nextInSlot;

        CodePage(long host, RamBlock ram, int page) {
            this.host = host;
            this.ram = ram;
            this.page = page;
        }
    }

    private record Written(RamBlock ram, long offset, int length) {}

    private final @Nullable CodePage[] slots = new CodePage[PAGE_SLOTS];
    private final ConcurrentLinkedQueue<Written> elsewhere = new ConcurrentLinkedQueue<>();
    private final Runnable wake;
    private @Nullable NativeTier tier;
    private @Nullable Thread owner;
    private int opCount;
    private int flushes;

    /** The page looked up last. */
    private @Nullable CodePage last;

    BlockCache(Runnable wake) {
        this.wake = wake;
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

    /** The block at host address {@code host} for {@code mode}, or null. */
    @Nullable
    Block get(long host, int mode) {
        CodePage p = find(host & -4096L);
        if (p == null) {
            return null;
        }
        int offset = (int) host & 0xfff;
        for (Block b = p.byOffset[offset & 63]; b != null; b = b.nextInPage) {
            if (b.pageOffset == offset && b.mode == mode) {
                return b;
            }
        }
        return null;
    }

    /** Adds a block whose code starts at host address {@code host}, in page {@code page} of {@code ram}. */
    void add(long host, RamBlock ram, int page, Block block) {
        opCount += block.ops.length;
        if (opCount > MAX_OPS) {
            clear();
            opCount = block.ops.length;
        }
        long hostPage = host & -4096L;
        CodePage p = find(hostPage);
        if (p == null) {
            p = new CodePage(hostPage, ram, page);
            int slot = slot(hostPage);
            p.nextInSlot = slots[slot];
            slots[slot] = p;
            last = p;
        }
        int chain = block.pageOffset & 63;
        block.nextInPage = p.byOffset[chain];
        p.byOffset[chain] = block;
    }

    /** How often the cache was full. */
    int flushes() {
        return flushes;
    }

    /** Drops everything. */
    void clear() {
        for (int i = 0; i < PAGE_SLOTS; i++) {
            for (CodePage p = slots[i]; p != null; p = p.nextInSlot) {
                killAll(p);
                p.ram.clearCode(p.page, -1L);
            }
            slots[i] = null;
        }
        last = null;
        opCount = 0;
        flushes++;
    }

    private void killAll(CodePage p) {
        for (int c = 0; c < p.byOffset.length; c++) {
            for (Block b = p.byOffset[c]; b != null; b = b.nextInPage) {
                kill(b);
            }
            p.byOffset[c] = null;
        }
    }

    @Override
    public void codeWritten(RamBlock ram, long offset, int length) {
        if (Thread.currentThread() == owner) {
            invalidate(ram, offset, length);
        } else {
            elsewhere.add(new Written(ram, offset, length));
            wake.run();
        }
    }

    /** Carries out what other threads' writes asked for. */
    void drain() {
        for (Written w = elsewhere.poll(); w != null; w = elsewhere.poll()) {
            invalidate(w.ram, w.offset, w.length);
        }
    }

    private void invalidate(RamBlock ram, long offset, int length) {
        CodePage p = find(ram.host() + (offset & -4096L));
        int page = (int) (offset >>> 12);
        if (p == null) {
            ram.clearCode(page, -1L);
            return;
        }
        int from = (int) offset & 0xfff;
        int to = from + length;
        long covered = 0;
        for (int c = 0; c < p.byOffset.length; c++) {
            Block kept = null;
            for (Block b = p.byOffset[c]; b != null; ) {
                Block next = b.nextInPage;
                if (b.pageOffset < to && from < b.pageOffset + b.length) {
                    opCount -= b.ops.length;
                    kill(b);
                } else {
                    b.nextInPage = kept;
                    kept = b;
                    covered |= mask(b);
                }
                b = next;
            }
            p.byOffset[c] = kept;
        }
        ram.clearCode(page, ~covered);
    }

    /** Chunks of the page that a block covers; what spills into the next page is that page's. */
    static long mask(Block b) {
        return RamBlock.chunkMask(b.pageOffset, Math.min(b.length, 4096 - b.pageOffset));
    }
}
