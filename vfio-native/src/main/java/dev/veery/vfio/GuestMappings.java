package dev.veery.vfio;

import dev.veery.dma.MappingListener;
import dev.veery.dma.TranslationUnit;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.MemoryListener;
import dev.veery.memory.MemorySection;
import dev.veery.memory.RamBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Loads what a guest maps for its device into a ledger: all RAM where addresses are the guest's physical ones, otherwise the
 * mappings of the guest's IOMMU. Follows both the guest's tables and the layout of memory. When a call returns, the host's
 * IOMMU does as it says: the guest is told only then that its invalidation is complete.
 */
final class GuestMappings implements MappingListener, MemoryListener {
    private static final long PAGE = RamBlock.PAGE_SIZE;

    /** Hears of what could not be mapped; may throw while the machine is built. */
    @FunctionalInterface
    interface Failures {
        /** {@code size} bytes at {@code iova} are not mapped, for the negative error number {@code error}. */
        void failed(long iova, long size, int error);
    }

    /** A part of a mapping that is contiguous on the host. */
    private record Piece(long iova, RamBlock block, long offset, long size, int access) {}

    /** What the guest mapped, and what of it is RAM. */
    private record Mapping(long address, long length, int access, List<Piece> pieces) {}

    private final AddressSpace memory;
    private final MappingLedger ledger;
    private final Failures failures;
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>(Long::compareUnsigned);
    private final List<MemorySection> removed = new ArrayList<>();
    private final List<MemorySection> added = new ArrayList<>();
    private final CodeGuard guard = new CodeGuard();
    private boolean listening;
    private boolean identity;
    private long failed;

    GuestMappings(AddressSpace memory, MappingLedger ledger, Failures failures) {
        this.memory = memory;
        this.ledger = ledger;
        this.failures = failures;
    }

    /** What the host's IOMMU holds. */
    MappingLedger ledger() {
        return ledger;
    }

    /** How many mappings could not be made. */
    long failed() {
        return failed;
    }

    // ---- what the guest maps

    @Override
    public void identity(boolean on) {
        if (on == identity) {
            return;
        }
        listen();
        identity = on;
        for (MemorySection section : memory.view().sections()) {
            Piece piece = piece(section);
            if (piece != null && on) {
                map(piece);
            } else if (piece != null) {
                unmap(piece);
            }
        }
    }

    @Override
    public void map(long iova, long address, long length, int access) {
        listen();
        List<Piece> pieces = pieces(iova, address, length, access);
        mappings.put(iova, new Mapping(address, length, access, pieces));
        pieces.forEach(this::map);
    }

    @Override
    public void unmap(long iova, long length) {
        Mapping mapping = mappings.remove(iova);
        if (mapping != null) {
            mapping.pieces.forEach(this::unmap);
        }
    }

    /**
     * The device is about to tell the guest that something has arrived: where it sees all of memory, what it wrote is looked
     * for. Elsewhere the guest unmaps first, and that is noted.
     */
    void arriving() {
        if (!identity) {
            return;
        }
        FlatView view = memory.view();
        for (int i = 0; i < view.count(); i++) {
            RamBlock block = view.block(i);
            if (block != null && view.isWritable(i) && block.decoded()) {
                guard.check(block, view.offsetInRegion(i), view.length(i));
            }
        }
    }

    /** Undoes everything; its devices are gone. */
    void close() {
        if (listening) {
            listening = false;
            identity = false;
            mappings.clear();
            memory.removeListener(this);
        }
        ledger.clear();
    }

    private void listen() {
        if (!listening) {
            memory.addListener(this);
            listening = true;
        }
    }

    // ---- where memory is

    @Override
    public void regionRemove(MemorySection section) {
        if (listening && section.ram()) {
            removed.add(section);
        }
    }

    @Override
    public void regionAdd(MemorySection section) {
        if (listening && section.ram()) {
            added.add(section);
        }
    }

    @Override
    public void commit() {
        if (removed.isEmpty() && added.isEmpty()) {
            return;
        }
        if (identity) {
            for (MemorySection section : removed) {
                Piece piece = piece(section);
                if (piece != null) {
                    unmap(piece);
                }
            }
            for (MemorySection section : added) {
                Piece piece = piece(section);
                if (piece != null) {
                    map(piece);
                }
            }
        }
        removed.clear();
        added.clear();
        mappings.replaceAll(this::moved);
    }

    /** A mapping as memory is now, brought up to date on the host. */
    private Mapping moved(long iova, Mapping mapping) {
        List<Piece> now = pieces(iova, mapping.address, mapping.length, mapping.access);
        if (now.equals(mapping.pieces)) {
            return mapping;
        }
        mapping.pieces.forEach(this::unmap);
        now.forEach(this::map);
        return new Mapping(mapping.address, mapping.length, mapping.access, now);
    }

    /** The whole pages of a section, at their own address; null if there is none. */
    private static @Nullable Piece piece(MemorySection section) {
        RamBlock block = section.block();
        long start = section.start() + PAGE - 1 & -PAGE;
        long end = section.last() + 1 & -PAGE;
        if (block == null || Long.compareUnsigned(start, end) >= 0) {
            return null;
        }
        int access = TranslationUnit.READ | (section.writable() ? TranslationUnit.WRITE : 0);
        return new Piece(start, block, section.offset() + (start - section.start()), end - start, access);
    }

    /** The RAM among {@code length} bytes at a guest address; what is not RAM a device does not reach. */
    private List<Piece> pieces(long iova, long address, long length, int access) {
        FlatView view = memory.view();
        List<Piece> found = new ArrayList<>(1);
        long done = 0;
        while (done < length) {
            long at = address + done;
            int i = view.find(at);
            long left = length - done;
            if (i < 0) {
                int next = -1 - i;
                long gap = next < view.count() ? view.start(next) - at : left;
                done += Long.compareUnsigned(gap, left) < 0 ? gap : left;
                continue;
            }
            long room = view.last(i) - at;
            long run = Long.compareUnsigned(room, left - 1) < 0 ? room + 1 : left;
            int allowed = view.isWritable(i) ? access : access & ~TranslationUnit.WRITE;
            if (view.isRam(i) && allowed != 0 && (run & PAGE - 1) == 0 && (at & PAGE - 1) == 0) {
                RamBlock block = Objects.requireNonNull(view.block(i));
                found.add(new Piece(iova + done, block, view.offsetInRegion(i) + at - view.start(i), run, allowed));
            }
            done += run;
        }
        return found;
    }

    private void map(Piece piece) {
        int result = ledger.map(piece.iova, piece.block.host() + piece.offset, piece.size, piece.access);
        if (result < 0) {
            failed++;
            failures.failed(piece.iova, piece.size, result);
        }
    }

    private void unmap(Piece piece) {
        int result = ledger.unmap(piece.iova);
        if (result < 0) {
            failed++;
            failures.failed(piece.iova, piece.size, result);
        }
        if ((piece.access & TranslationUnit.WRITE) != 0) {
            // The device may have written there, past everyone who decodes code or logs pages.
            piece.block.noteWrite(piece.offset, piece.size);
        }
    }
}
