package dev.veery.vfio;

import dev.veery.dma.MappingListener;
import dev.veery.dma.TranslationUnit;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.DeviceWindow;
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
 * Loads what a guest maps for its devices into a ledger: all RAM where addresses are the guest's physical ones, otherwise the
 * mappings of the guest's IOMMU; in both, the registers of other assigned devices, while those answer. Follows both the guest's tables and the layout of memory. When a call returns, the host's
 * IOMMU does as it says: the guest is told only then that its invalidation is complete.
 */
final class GuestMappings implements MappingListener, MemoryListener {
    private static final long PAGE = RamBlock.PAGE_SIZE;

    /** Hears of what could not be mapped; may throw while the machine is built. */
    @FunctionalInterface
    interface Failures {
        /** {@code size} bytes at {@code iova} are not mapped, for the negative error number {@code error}. */
        void failed(long iova, long size, int error);

        /** Registers of a device at {@code iova} are out of reach of others, which seldom miss them. Never throws. */
        default void peerFailed(Object peer, long iova, long size, int error) {}
    }

    /** A part of a mapping that is contiguous on the host: of a block from an offset on, or of a window. */
    private record Piece(
            long iova, @Nullable RamBlock block, @Nullable DeviceWindow window, long offset, long size, int access) {
        long host() {
            return offset
                    + (block != null
                            ? block.host()
                            : Objects.requireNonNull(window).host());
        }
    }

    /** What the guest mapped, and what of it devices can reach. */
    private record Mapping(long address, long length, int access, List<Piece> pieces) {}

    private final AddressSpace memory;
    private final MappingLedger ledger;
    private final Failures failures;
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>(Long::compareUnsigned);
    private final List<MemorySection> removed = new ArrayList<>();
    private final List<MemorySection> added = new ArrayList<>();
    private final CodeGuard guard = new CodeGuard();
    private final List<Object> members = new ArrayList<>();

    /** Windows of others that are mapped at their own address. */
    private final TreeMap<Long, Piece> peers = new TreeMap<>(Long::compareUnsigned);

    private boolean windowsChanged;
    private boolean listening;
    private boolean identity;
    private long failed;
    private long peersFailed;

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

    /** How many windows of other devices could not be mapped. */
    long peersFailed() {
        return peersFailed;
    }

    // ---- who is here

    /** A device uses these mappings from now on. */
    void join(Object device) {
        members.add(device);
        followWindows();
    }

    /** It does no more. */
    void leave(Object device) {
        members.remove(device);
        followWindows();
    }

    /** Whether anyone here is not the device itself: nobody needs its own registers. */
    private boolean wanted(DeviceWindow window) {
        for (Object member : members) {
            if (member != window.owner()) {
                return true;
            }
        }
        return false;
    }

    private void followWindows() {
        TreeMap<Long, Piece> now = new TreeMap<>(Long::compareUnsigned);
        if (identity) {
            for (MemorySection section : memory.view().sections()) {
                Piece piece = section.region().window() == null ? null : piece(section);
                if (piece != null) {
                    now.put(piece.iova, piece);
                }
            }
        }
        List.copyOf(peers.values()).forEach(piece -> {
            if (!piece.equals(now.get(piece.iova))) {
                peers.remove(piece.iova);
                unmap(piece);
            }
        });
        now.forEach((iova, piece) -> {
            if (peers.putIfAbsent(iova, piece) == null) {
                map(piece);
            }
        });
        mappings.replaceAll(this::moved);
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
            Piece piece = section.ram() ? piece(section) : null;
            if (piece != null && on) {
                map(piece);
            } else if (piece != null) {
                unmap(piece);
            }
        }
        followWindows();
    }

    @Override
    public boolean map(long iova, long address, long length, int access) {
        listen();
        Mapping known = mappings.get(iova);
        if (known != null && known.address == address && known.length == length && known.access == access) {
            // Devices that the guest's IOMMU takes for one each tell the same.
            return true;
        }
        List<Piece> pieces = pieces(iova, address, length, access);
        mappings.put(iova, new Mapping(address, length, access, pieces));
        boolean whole = true;
        for (Piece piece : pieces) {
            whole &= map(piece);
        }
        return whole;
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
            peers.clear();
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
        windowsChanged |= listening && section.region().window() != null;
    }

    @Override
    public void regionAdd(MemorySection section) {
        if (listening && section.ram()) {
            added.add(section);
        }
        windowsChanged |= listening && section.region().window() != null;
    }

    @Override
    public void commit() {
        if (removed.isEmpty() && added.isEmpty() && !windowsChanged) {
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
        windowsChanged = false;
        followWindows();
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

    /** The whole pages of a section, at their own address; null if there is none, or nobody wants them. */
    private @Nullable Piece piece(MemorySection section) {
        RamBlock block = section.block();
        DeviceWindow window = section.region().window();
        long start = section.start() + PAGE - 1 & -PAGE;
        long end = section.last() + 1 & -PAGE;
        if (Long.compareUnsigned(start, end) >= 0 || block == null && (window == null || !wanted(window))) {
            return null;
        }
        boolean writable = section.writable() || window != null;
        int access = TranslationUnit.READ | (writable ? TranslationUnit.WRITE : 0);
        return new Piece(start, block, window, section.offset() + (start - section.start()), end - start, access);
    }

    /** The RAM and the windows among {@code length} bytes at a guest address; nothing else does a device reach. */
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
            RamBlock block = view.block(i);
            DeviceWindow window = view.region(i).window();
            boolean peer = window != null && wanted(window);
            int allowed = peer || view.isWritable(i) ? access : access & ~TranslationUnit.WRITE;
            if ((block != null || peer) && allowed != 0 && (run & PAGE - 1) == 0 && (at & PAGE - 1) == 0) {
                long offset = view.offsetInRegion(i) + at - view.start(i);
                found.add(new Piece(iova + done, block, peer ? window : null, offset, run, allowed));
            }
            done += run;
        }
        return found;
    }

    /** False if the guest is to know that the device does not reach it. */
    private boolean map(Piece piece) {
        int result = ledger.map(piece.iova, piece.host(), piece.size, piece.access);
        if (result == 0) {
            return true;
        }
        if (piece.window != null) {
            peersFailed++;
            failures.peerFailed(piece.window.owner(), piece.iova, piece.size, result);
            return true;
        }
        failed++;
        failures.failed(piece.iova, piece.size, result);
        return false;
    }

    private void unmap(Piece piece) {
        int result = ledger.unmap(piece.iova);
        if (result < 0) {
            failed++;
            failures.failed(piece.iova, piece.size, result);
        }
        if (piece.block != null && (piece.access & TranslationUnit.WRITE) != 0) {
            // The device may have written there, past everyone who decodes code or logs pages.
            piece.block.noteWrite(piece.offset, piece.size);
        }
    }
}
