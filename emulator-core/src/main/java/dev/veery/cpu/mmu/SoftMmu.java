package dev.veery.cpu.mmu;

import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The memory management unit of a software processor. A load or store that hits the TLB is a handful of instructions;
 * everything else (miss, device, page crossing, tracked page, debug register, alignment check) ends in a slow method.
 */
public final class SoftMmu extends Mmu {
    private static final long PAGE_MASK = Tlb.PAGE_MASK;

    /** Of so many stores the slow way one is looked at closer. */
    private static final int SLOW_SAMPLE = 64;

    private static final int LARGE_SHIFT = 21;

    /** Address spaces whose translations are kept; Linux has six in use on a processor. */
    public static final int SPACES = 6;

    private final CpuState s;
    private final AddressSpace memory;
    private final PageWalker walker;
    private final WatchPoints watch;

    /** Translations kept, in no order; more are made when a system uses PCIDs. */
    private final @Nullable Translations[] spaces = new Translations[SPACES];

    /** Those of the current address space, which are always among {@link #spaces}. */
    private Translations here = new Translations(0);

    private Tlb tlb = here.tlb;

    /** The TLBs in {@link #spaces}, for other processors. */
    private volatile Tlb[] tlbs = {tlb};

    private long changes;

    /** Table that fast accesses look into: that of the current permissions, or the one that never hits. */
    private long table;

    /** Index of the table for the current permissions. */
    private int current;

    private final SiteCache sites;

    private boolean alignmentChecks;
    private volatile boolean a20 = true;

    /** Where the last translation for writing led, in a block of RAM. */
    private @Nullable RamBlock trackedBlock;

    private long trackedOffset;

    /** The RAM block and page that the last successful {@link #fetch} led to. */
    private @Nullable RamBlock lastFetchBlock;

    private int lastFetchPage;
    private boolean lastFetchLarge;

    /** Last of all {@link Translations#generation}, no two of which are the same. */
    private int generations;

    private int highGeneration;
    private long walks;
    private long flushes;

    private final WrittenCode writtenCode = new WrittenCode();
    private int slowStores;

    /**
     * Makes one.
     *
     * @param physicalBits physical address width of the processor, for reserved bits of paging entries
     */
    public SoftMmu(CpuState s, AddressSpace memory, int physicalBits) {
        this.s = s;
        this.memory = memory;
        walker = new PageWalker(s, memory, physicalBits);
        watch = new WatchPoints(s);
        sites = new SiteCache(s);
        spaces[0] = here;
        flushAll();
        modeChanged();
    }

    @Override
    public CpuState state() {
        return s;
    }

    /** Physical memory as this processor sees it. */
    public AddressSpace memory() {
        return memory;
    }

    /**
     * Counts every change that may have made a translation of code stale, for the half of the address space that
     * {@code rip} is in: systems map the upper one with global pages, which survive a change of address space. That of the
     * lower half is another one in each address space, and the same again when the system has come back to one.
     */
    public int codeGeneration(long rip) {
        return rip < 0 ? highGeneration : here.generation;
    }

    /** Number of the current address space, less than {@link #SPACES}; another one may have had it before. */
    public int space() {
        return here.index;
    }

    /** What emitted code remembers of where it went. */
    public SiteCache sites() {
        return sites;
    }

    /** The A20 gate, from any thread; in force at the next {@link #flushAll}. */
    public void setA20(boolean enabled) {
        a20 = enabled;
    }

    /** How often no level of the TLB had a page and the page tables were walked for an access to data. */
    public long walks() {
        return walks;
    }

    /** How often the TLB was emptied, of all or of what is not global. */
    public long flushes() {
        return flushes;
    }

    /** Frees the tables; the instance is dead afterwards. */
    public void free() {
        for (Tlb t : tlbs) {
            t.free();
        }
    }

    // ---- segmentation

    @Override
    public long linear(int seg, long offset, int size, boolean write) {
        Seg g = s.seg[seg];
        if (s.code64()) {
            return seg >= Seg.FS ? g.base() + offset : offset;
        }
        if ((s.mode & CpuState.MODE_PROTECTED) != 0) {
            checkRights(seg, g, write);
        }
        boolean inside;
        if ((g.attributes & (Seg.S | Seg.TYPE_CODE | Seg.TYPE_EC)) == (Seg.S | Seg.TYPE_EC)) {
            long top = (g.attributes & Seg.DB) != 0 ? 0xffff_ffffL : 0xffffL;
            inside = offset > g.limit && offset + size - 1 <= top;
        } else {
            // An access across the end of a 4 GiB segment wraps (SDM vol. 3, section 5.3, leaves that open).
            inside = offset + size - 1 <= g.limit || g.limit == 0xffff_ffffL;
        }
        if (!inside) {
            throw s.raise(seg == Seg.SS ? Vector.SS : Vector.GP, 0);
        }
        return g.base() + offset & 0xffff_ffffL;
    }

    private void checkRights(int seg, Seg g, boolean write) {
        int type = g.attributes & (Seg.TYPE_CODE | Seg.TYPE_RW);
        boolean bad = !g.usable() || (write ? type != Seg.TYPE_RW : type == Seg.TYPE_CODE);
        if (bad) {
            throw s.raise(seg == Seg.SS ? Vector.SS : Vector.GP, 0);
        }
    }

    // ---- fast accesses

    @Override
    public int load8(long linear) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear & PAGE_MASK)) {
            return OffHeap.getByteAcquire(linear + OffHeap.getLong(e + Tlb.ADDEND)) & 0xff;
        }
        return (int) loadSlow(linear, 1, current);
    }

    @Override
    public int load16(long linear) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear + 1 & PAGE_MASK)) {
            return OffHeap.getCharAcquire(linear + OffHeap.getLong(e + Tlb.ADDEND));
        }
        return (int) loadSlow(linear, 2, current);
    }

    @Override
    public long load32(long linear) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear + 3 & PAGE_MASK)) {
            return OffHeap.getIntAcquire(linear + OffHeap.getLong(e + Tlb.ADDEND)) & 0xffff_ffffL;
        }
        return loadSlow(linear, 4, current);
    }

    @Override
    public long load64(long linear) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear + 7 & PAGE_MASK)) {
            return OffHeap.getLongAcquire(linear + OffHeap.getLong(e + Tlb.ADDEND));
        }
        return loadSlow(linear, 8, current);
    }

    @Override
    public void store8(long linear, long value) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear & PAGE_MASK)) {
            OffHeap.putByteRelease(linear + OffHeap.getLong(e + Tlb.ADDEND), (int) value);
        } else {
            storeSlow(linear, 1, value, current);
        }
    }

    @Override
    public void store16(long linear, long value) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + 1 & PAGE_MASK)) {
            OffHeap.putShortRelease(linear + OffHeap.getLong(e + Tlb.ADDEND), (int) value);
        } else {
            storeSlow(linear, 2, value, current);
        }
    }

    @Override
    public void store32(long linear, long value) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + 3 & PAGE_MASK)) {
            OffHeap.putIntRelease(linear + OffHeap.getLong(e + Tlb.ADDEND), (int) value);
        } else {
            storeSlow(linear, 4, value, current);
        }
    }

    @Override
    public void store64(long linear, long value) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + 7 & PAGE_MASK)) {
            OffHeap.putLongRelease(linear + OffHeap.getLong(e + Tlb.ADDEND), value);
        } else {
            storeSlow(linear, 8, value, current);
        }
    }

    @Override
    public long hostForWrite(long linear, int size) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + size - 1 & PAGE_MASK)) {
            return linear + OffHeap.getLong(e + Tlb.ADDEND);
        }
        return hostForWriteSlow(linear, size);
    }

    private long hostForWriteSlow(long linear, int size) {
        probeWrite(linear, size);
        long e = tlb.slot(current, linear);
        boolean fast =
                table == tlb.table(current) && OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + size - 1 & PAGE_MASK);
        return fast ? linear + OffHeap.getLong(e + Tlb.ADDEND) : 0;
    }

    @Override
    public long hostForTracked(long linear, int size) {
        if (crosses(linear, size) || watch.active()) {
            return 0;
        }
        checkAlignment(linear, size, current);
        long e = entry(linear, PageWalker.WRITE, current);
        long physical = OffHeap.getLong(e + Tlb.PHYSICAL) & PAGE_MASK | linear & 0xfff;
        FlatView view = memory.view();
        int range = view.find(physical);
        RamBlock block = range >= 0 && view.isWritable(range) ? view.block(range) : null;
        if (block == null) {
            return 0;
        }
        trackedBlock = block;
        trackedOffset = physical - view.start(range) + view.offsetInRegion(range);
        return block.host() + trackedOffset;
    }

    @Override
    public void noteTracked(int size) {
        Objects.requireNonNull(trackedBlock).noteWrite(trackedOffset, size);
    }

    @Override
    public long hostForRead(long linear, int size) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear + size - 1 & PAGE_MASK)) {
            return linear + OffHeap.getLong(e + Tlb.ADDEND);
        }
        return 0;
    }

    @Override
    public long hostForSource(long linear, int size) {
        long host = hostForRead(linear, size);
        if (host != 0 || crosses(linear, size)) {
            return host;
        }
        entry(linear, PageWalker.READ, current);
        return hostForRead(linear, size);
    }

    // ---- slow accesses

    private boolean crosses(long linear, int size) {
        return (linear & 0xfff) + size > 4096;
    }

    private long wrap(long linear) {
        return s.longMode() ? linear : linear & 0xffff_ffffL;
    }

    /**
     * First byte of the page that an access ends in, which is what a page fault there reports. The whole access is checked
     * for canonical form before any page is looked at.
     */
    private long lastPage(long linear, int size) {
        long last = wrap(linear + size - 1);
        if (s.longMode() && !PageWalker.canonical(last)) {
            throw nonCanonical();
        }
        return last & PAGE_MASK;
    }

    private CpuFault nonCanonical() {
        CpuFault f = s.gp0();
        f.nonCanonical = true;
        return f;
    }

    /** Address bits that must be clear for {@code size} bytes (SDM vol. 3, table 6-7); vectors are not checked. */
    private static int alignmentMask(int size) {
        switch (size) {
            case 10:
                return 7;
            case 28:
            case 108:
                return 3;
            case 14:
            case 94:
                return 1;
            default:
                return size <= 8 ? size - 1 : 0;
        }
    }

    /** #AC, which comes after the check for canonical form and before page faults. */
    private void checkAlignment(long linear, int size, int index) {
        if (alignmentChecks && index == Tlb.USER && (linear & alignmentMask(size)) != 0) {
            if (s.longMode() && !PageWalker.canonical(linear)) {
                throw nonCanonical();
            }
            throw s.raise(Vector.AC, 0);
        }
    }

    private long loadSlow(long linear, int size, int index) {
        checkAlignment(linear, size, index);
        if (crosses(linear, size)) {
            return loadCrossing(linear, size, index);
        }
        long e = entry(linear, PageWalker.READ, index);
        finishChecks(linear, size, false);
        return loadAt(e, linear, size);
    }

    private long loadAt(long e, long linear, int size) {
        if ((OffHeap.getLong(e) & Tlb.SLOW) != 0) {
            return memory.read(OffHeap.getLong(e + Tlb.PHYSICAL) & PAGE_MASK | linear & 0xfff, size);
        }
        return OffHeap.getAcquire(linear + OffHeap.getLong(e + Tlb.ADDEND), size);
    }

    private long loadCrossing(long linear, int size, int index) {
        // Both pages are proved before either is read: a device read has effects.
        long last = lastPage(linear, size);
        entry(linear, PageWalker.READ, index);
        entry(last, PageWalker.READ, index);
        finishChecks(linear, size, false);
        long value = 0;
        for (int i = 0; i < size; i++) {
            long at = wrap(linear + i);
            value |= loadAt(entry(at, PageWalker.READ, index), at, 1) << 8 * i;
        }
        return value;
    }

    private void storeSlow(long linear, int size, long value, int index) {
        checkAlignment(linear, size, index);
        if (crosses(linear, size)) {
            storeCrossing(linear, size, value, index);
            return;
        }
        long e = entry(linear, PageWalker.WRITE, index);
        finishChecks(linear, size, true);
        storeAt(e, linear, size, value);
    }

    private void storeAt(long e, long linear, int size, long value) {
        if ((OffHeap.getLong(e + Tlb.WRITE_TAG) & Tlb.SLOW) != 0) {
            long physical = OffHeap.getLong(e + Tlb.PHYSICAL) & PAGE_MASK | linear & 0xfff;
            memory.write(physical, size, value);
            slowStores++;
            if (slowStores % SLOW_SAMPLE == 0) {
                reconsider(linear, physical);
            }
            return;
        }
        OffHeap.putRelease(linear + OffHeap.getLong(e + Tlb.ADDEND), size, value);
    }

    /** Whether a page must go on being slow to write: its code may be gone, or be as good as gone. */
    private void reconsider(long linear, long physical) {
        FlatView view = memory.view();
        int range = view.find(physical);
        RamBlock block = range >= 0 && view.isWritable(range) ? view.block(range) : null;
        if (block == null) {
            return;
        }
        long offset = physical - view.start(range) + view.offsetInRegion(range) & PAGE_MASK;
        int page = (int) (offset >>> RamBlock.PAGE_SHIFT);
        if (block.writeTracked(page)) {
            if (!writtenCode.doubtful(page)) {
                return;
            }
            block.noteWrite(offset, RamBlock.PAGE_SIZE);
        }
        tlb.flushPage(linear);
    }

    private void storeCrossing(long linear, int size, long value, int index) {
        long last = lastPage(linear, size);
        entry(linear, PageWalker.WRITE, index);
        entry(last, PageWalker.WRITE, index);
        finishChecks(linear, size, true);
        for (int i = 0; i < size; i++) {
            long at = wrap(linear + i);
            storeAt(entry(at, PageWalker.WRITE, index), at, 1, value >>> 8 * i & 0xff);
        }
    }

    /** Data breakpoints, which come after page faults. */
    private void finishChecks(long linear, int size, boolean write) {
        if (watch.active()) {
            watch.access(linear, size, write);
        }
    }

    /** The filled slot of {@code linear} for an access that is permitted; throws otherwise. */
    private long entry(long linear, int access, int index) {
        long e = tlb.slot(index, linear);
        long tag = OffHeap.getLong(access == PageWalker.WRITE ? e + Tlb.WRITE_TAG : e);
        if ((tag & ~Tlb.SLOW) == (linear & PAGE_MASK)) {
            return e;
        }
        if (!tlb.refill(index, e, linear, access == PageWalker.WRITE ? Tlb.WRITE_TAG : 0)) {
            fill(e, linear, access, index);
        }
        return e;
    }

    private void fill(long e, long linear, int access, int index) {
        if (s.longMode() && !PageWalker.canonical(linear)) {
            throw nonCanonical();
        }
        walks++;
        walker.walk(linear, access, index == Tlb.USER, index == Tlb.SUPERVISOR_SMAP);
        long page = linear & PAGE_MASK;
        long physical = walker.physical;
        FlatView view = memory.view();
        int range = view.find(physical);
        long readTag = page | Tlb.SLOW;
        long writeTag = walker.writable ? page | Tlb.SLOW : Tlb.INVALID;
        long addend = 0;
        if (range >= 0 && view.isRam(range) && view.coversPage(range, physical)) {
            addend = view.hostAddress(range) + (physical - view.start(range)) - page;
            readTag = page;
            RamBlock block = view.block(range);
            if (walker.writable && view.isWritable(range) && block != null) {
                long offset = physical - view.start(range) + view.offsetInRegion(range);
                trackedBlock = block;
                trackedOffset = offset;
                if (!block.writeTracked((int) (offset >>> RamBlock.PAGE_SHIFT))) {
                    writeTag = page;
                }
            }
        }
        here.lowGlobal |= walker.global && linear >= 0;
        tlb.fill(index, e, readTag, writeTag, addend, physical | (walker.global ? Tlb.GLOBAL : 0) | walker.large);
        if (writeTag == page) {
            checkFilled(index, e, page);
        }
    }

    /** Another processor may have begun to track the page, and looked at this TLB before the slot was filled. */
    private void checkFilled(int index, long e, long page) {
        OffHeap.fullFence();
        if (Objects.requireNonNull(trackedBlock).writeTracked((int) (trackedOffset >>> RamBlock.PAGE_SHIFT))) {
            tlb.makeSlow(index, e, page);
        }
    }

    @Override
    public void loadBytes(long linear, long to, int size) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e) == (linear + size - 1 & PAGE_MASK)) {
            OffHeap.copy(linear + OffHeap.getLong(e + Tlb.ADDEND), to, size);
            return;
        }
        checkAlignment(linear, size, current);
        long last = lastPage(linear, size);
        entry(linear, PageWalker.READ, current);
        entry(last, PageWalker.READ, current);
        finishChecks(linear, size, false);
        int unit = (size & 7) == 0 && (linear & 7) == 0 ? 8 : 1;
        for (int i = 0; i < size; i += unit) {
            long at = wrap(linear + i);
            long value = loadAt(entry(at, PageWalker.READ, current), at, unit);
            if (unit == 8) {
                OffHeap.putLong(to + i, value);
            } else {
                OffHeap.putByte(to + i, (int) value);
            }
        }
    }

    @Override
    public void storeBytes(long linear, long from, int size) {
        long e = table + (linear >>> Tlb.SLOT_SHIFT & Tlb.SLOT_MASK);
        if (OffHeap.getLong(e + Tlb.WRITE_TAG) == (linear + size - 1 & PAGE_MASK)) {
            OffHeap.copy(from, linear + OffHeap.getLong(e + Tlb.ADDEND), size);
            return;
        }
        probeWrite(linear, size);
        finishChecks(linear, size, true);
        int unit = (size & 7) == 0 && (linear & 7) == 0 ? 8 : 1;
        for (int i = 0; i < size; i += unit) {
            long at = wrap(linear + i);
            long value = unit == 8 ? OffHeap.getLong(from + i) : OffHeap.getByte(from + i) & 0xffL;
            storeAt(entry(at, PageWalker.WRITE, current), at, unit, value);
        }
    }

    @Override
    public void probeWrite(long linear, int size) {
        checkAlignment(linear, size, current);
        long last = lastPage(linear, size);
        entry(linear, PageWalker.WRITE, current);
        if (crosses(linear, size)) {
            entry(last, PageWalker.WRITE, current);
        }
    }

    private int systemTable() {
        return (s.cr4 & Cr.CR4_SMAP) != 0 ? Tlb.SUPERVISOR_SMAP : Tlb.SUPERVISOR;
    }

    @Override
    public long loadSystem(long linear, int size) {
        return loadSlow(wrap(linear), size, systemTable());
    }

    @Override
    public void storeSystem(long linear, int size, long value) {
        storeSlow(wrap(linear), size, value, systemTable());
    }

    // ---- code

    /**
     * Host address of the code byte at {@code linear}, or 0 when it is not in RAM or ROM. Throws the page fault of an
     * instruction fetch.
     */
    public long fetch(long linear) {
        int slot = CodeTlb.slot(linear);
        long tag = linear & PAGE_MASK | (s.cpl == 3 ? 1 : 0);
        CodeTlb code = here.code;
        if (code.tag[slot] != tag) {
            fetchMiss(code, linear, slot, tag);
        }
        lastFetchBlock = code.block[slot];
        lastFetchPage = code.page[slot];
        lastFetchLarge = code.large[slot];
        long host = code.host[slot];
        return host == 0 ? 0 : host | linear & 0xfff;
    }

    private void fetchMiss(CodeTlb code, long linear, int slot, long tag) {
        if (s.longMode() && !PageWalker.canonical(linear)) {
            throw s.gp0();
        }
        walker.walk(linear, PageWalker.FETCH, s.cpl == 3, false);
        long physical = walker.physical;
        FlatView view = memory.view();
        int range = view.find(physical);
        here.lowGlobal |= walker.global && linear >= 0;
        code.fill(slot, tag, walker.global, walker.large);
        if (range >= 0 && view.isRam(range) && view.coversPage(range, physical)) {
            code.block[slot] = view.block(range);
            long offset = physical - view.start(range) + view.offsetInRegion(range);
            code.page[slot] = (int) (offset >>> RamBlock.PAGE_SHIFT);
            code.host[slot] = view.hostAddress(range) + (physical - view.start(range));
        } else {
            code.block[slot] = null;
            code.page[slot] = 0;
            code.host[slot] = 0;
        }
    }

    /** The RAM block the last {@link #fetch} led to, or null. */
    public @Nullable RamBlock fetchedBlock() {
        return lastFetchBlock;
    }

    /** The page in {@link #fetchedBlock()}. */
    public int fetchedPage() {
        return lastFetchPage;
    }

    /** Bytes around the address of the last {@link #fetch} that the same translation covers: 4 KiB or 2 MiB. */
    public int fetchedSpan() {
        return lastFetchLarge ? 1 << LARGE_SHIFT : 4096;
    }

    /** Reads one code byte that {@link #fetch} found outside RAM. */
    public int fetchByteFromDevice(long linear) {
        walker.walk(linear, PageWalker.FETCH, s.cpl == 3, false);
        return (int) memory.read(walker.physical | linear & 0xfff, 1);
    }

    /**
     * As {@link #revokeWrites}, for another processor's thread.
     *
     * @return whether this processor could write the page; if it is executing a block it may still be about to, and once it
     *     is not, this is to be called again
     */
    public boolean revokeWritesOfPeer(long hostPage) {
        boolean found = false;
        for (Tlb t : tlbs) {
            found |= t.revokeWritesOfPeer(hostPage);
        }
        return found;
    }

    /** Code was decoded from a host page that this TLB may still write unnoticed. */
    public void revokeWrites(long hostPage) {
        for (Tlb t : tlbs) {
            t.revokeWrites(hostPage);
        }
        sites.clear();
    }

    // ---- what changes translations

    @Override
    public boolean pdptesValid(long cr3) {
        return walker.pdptesValid(cr3);
    }

    @Override
    public void modeChanged() {
        if (s.cpl == 3) {
            current = Tlb.USER;
        } else {
            current = (s.cr4 & Cr.CR4_SMAP) != 0 && (s.rflags & Cr.AC) == 0 ? Tlb.SUPERVISOR_SMAP : Tlb.SUPERVISOR;
        }
        alignmentChecks = s.cpl == 3 && (s.cr0 & Cr.CR0_AM) != 0 && (s.rflags & Cr.AC) != 0;
        boolean slow = alignmentChecks || watch.active();
        if (slow) {
            sites.clear();
        }
        table = slow ? tlb.missTable() : tlb.table(current);
        OffHeap.putLong(s.base + CpuState.JIT_TLB, table);
        OffHeap.putLong(s.base + CpuState.JIT_TLB2, tlb.secondTable(slow ? Tlb.TABLES : current));
        tables(CpuState.JIT_TLB_BY_AC, slow ? Tlb.TABLES : systemTable());
        tables(CpuState.JIT_TLB_BY_AC + 16, slow ? Tlb.TABLES : Tlb.SUPERVISOR);
        tables(CpuState.JIT_TLB_USER, slow ? Tlb.TABLES : Tlb.USER);
    }

    private void tables(int at, int index) {
        OffHeap.putLong(s.base + at, tlb.table(index));
        OffHeap.putLong(s.base + at + 8, tlb.secondTable(index));
    }

    @Override
    public void debugChanged() {
        watch.update();
        modeChanged();
    }

    /** Code may have been fetched by translations that are gone. */
    private void codeChanged(Translations t) {
        generations++;
        t.generation = generations;
    }

    @Override
    public void flushAll() {
        flushes++;
        walker.setA20(a20);
        for (Translations t : spaces) {
            if (t != null && (t == here || t.pcid != Translations.NONE)) {
                t.flushAll();
                t.pcid = Translations.NONE;
                codeChanged(t);
            }
        }
        here.pcid = s.pcid();
        highGeneration++;
        sites.clear();
    }

    @Override
    public void flushNonGlobal() {
        for (Translations t : spaces) {
            if (t != null && t.pcid != Translations.NONE) {
                flushNonGlobal(t);
            }
        }
    }

    private void flushNonGlobal(Translations t) {
        flushes++;
        if (t == here) {
            sites.clear();
            // Of the others nothing above the middle that was not global is remembered.
            if (t.code.highLocal()) {
                highGeneration++;
            }
        }
        t.flushNonGlobal();
        codeChanged(t);
    }

    @Override
    public void changeAddressSpace(boolean keep) {
        Translations to = space(s.pcid());
        if (to == null) {
            to = replace();
            to.pcid = s.pcid();
        } else if (!keep) {
            flushNonGlobal(to);
        }
        changes++;
        to.lastUse = changes;
        if (to == here) {
            return;
        }
        if (here.code.highLocal() || to.code.highLocal()) {
            highGeneration++;
        }
        sites.clear();
        here = to;
        tlb = to.tlb;
        modeChanged();
    }

    private @Nullable Translations space(int pcid) {
        for (Translations t : spaces) {
            if (t != null && t.pcid == pcid) {
                return t;
            }
        }
        return null;
    }

    /** Room for another address space: new, or of that whose use is the longest ago. */
    private Translations replace() {
        Translations oldest = here;
        for (int i = 0; i < SPACES; i++) {
            Translations t = spaces[i];
            if (t == null) {
                return add(i);
            }
            if (t.pcid == Translations.NONE) {
                return t;
            }
            if (t.lastUse < oldest.lastUse) {
                oldest = t;
            }
        }
        flushNonGlobal(oldest);
        return oldest;
    }

    private Translations add(int index) {
        Translations t = new Translations(index);
        codeChanged(t);
        spaces[index] = t;
        Tlb[] more = Arrays.copyOf(tlbs, index + 1);
        more[index] = t.tlb;
        // Before anything is filled: another processor finds it, or has marked its page before.
        tlbs = more;
        return t;
    }

    @Override
    public void flushSpace(int pcid) {
        Translations t = space(pcid);
        if (t != null) {
            flushNonGlobal(t);
        }
    }

    @Override
    public void flushPage(long linear) {
        long at = wrap(linear);
        for (Translations t : spaces) {
            if (t != null && (t == here || t.pcid != Translations.NONE && (at < 0 || t.lowGlobal))) {
                flushPage(t, at);
            }
        }
    }

    @Override
    public void flushPage(int pcid, long linear) {
        Translations t = space(pcid);
        if (t != null) {
            flushPage(t, wrap(linear));
        }
    }

    private void flushPage(Translations t, long linear) {
        t.tlb.flushPage(linear);
        if (t == here) {
            sites.clear();
        }
        if (t.code.seen(linear)) {
            t.code.flushAll();
            codeChanged(t);
            highGeneration++;
        }
    }
}
