package dev.veery.memory;

import dev.veery.base.MachineLock;
import dev.veery.base.Unsigned;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Guest physical memory or port space as seen from one place. Accesses may come from any thread; device registers are
 * called with the machine lock held, RAM is accessed without it.
 *
 * <p>Values are little-endian. What lies in no region reads as all ones, writes to it are dropped. An access that crosses
 * the edge of a range is made in naturally aligned pieces.
 */
public final class AddressSpace implements AutoCloseable {
    private final String name;
    private final MemoryRegion root;
    private final MachineLock lock;
    private final UnassignedTrace unassigned;
    private final List<MemoryListener> listeners = new ArrayList<>();
    private final List<ViewListener> viewListeners = new ArrayList<>();

    private volatile FlatView view;
    private int transactionDepth;
    private boolean stale;

    /** Shows {@code root} from address 0. */
    public AddressSpace(String name, MemoryRegion root, MachineLock lock) {
        this.name = name;
        this.root = root;
        this.lock = lock;
        unassigned = new UnassignedTrace(name);
        view = FlatViewBuilder.build(root);
        root.addSpace(this);
    }

    /** The name, for people. */
    public String name() {
        return name;
    }

    /** The region that is shown. */
    public MemoryRegion root() {
        return root;
    }

    /** The current layout. */
    public FlatView view() {
        return view;
    }

    /** Stops following the tree; listeners are told that every range is gone. */
    @Override
    public void close() {
        lock.lock();
        try {
            root.removeSpace(this);
            replace(new FlatView(List.of()));
        } finally {
            lock.unlock();
        }
    }

    // ---- changes of the layout

    /** Holds back the rebuilding of the view until {@link #commit}; nests. Takes the machine lock until then. */
    public void begin() {
        lock.lock();
        transactionDepth++;
    }

    /** Ends what {@link #begin} began; the outermost one shows all changes at once. */
    public void commit() {
        if (!lock.heldByCurrentThread() || transactionDepth == 0) {
            throw new IllegalStateException(name + ": commit without begin");
        }
        try {
            if (--transactionDepth == 0 && stale) {
                rebuild();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The tree changed somewhere that this space shows. */
    void topologyChanged() {
        lock.lock();
        try {
            stale = true;
            if (transactionDepth == 0) {
                rebuild();
            }
        } finally {
            lock.unlock();
        }
    }

    private void rebuild() {
        stale = false;
        replace(FlatViewBuilder.build(root));
    }

    private void replace(FlatView next) {
        FlatView old = view;
        ViewDelta delta = new ViewDelta(old, next);
        if (delta.isEmpty()) {
            return;
        }
        for (MemoryListener listener : listeners) {
            delta.removed().forEach(listener::regionRemove);
            delta.added().forEach(listener::regionAdd);
        }
        view = next;
        for (MemoryListener listener : listeners) {
            listener.commit();
        }
        for (ViewListener listener : viewListeners) {
            listener.viewChanged(next);
        }
    }

    /** Adds a listener and announces every present range to it. */
    public void addListener(MemoryListener listener) {
        lock.lock();
        try {
            listeners.add(listener);
            view.sections().forEach(listener::regionAdd);
            listener.commit();
        } finally {
            lock.unlock();
        }
    }

    /** Takes a listener out, after announcing that every range is gone. */
    public void removeListener(MemoryListener listener) {
        lock.lock();
        try {
            if (listeners.remove(listener)) {
                view.sections().forEach(listener::regionRemove);
                listener.commit();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Adds one who is told that the view was replaced. */
    public void onViewChanged(ViewListener listener) {
        lock.lock();
        try {
            viewListeners.add(listener);
        } finally {
            lock.unlock();
        }
    }

    // ---- single accesses

    /**
     * Reads.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, zero-extended
     */
    public long read(long address, int size) {
        FlatView flat = view;
        int i = flat.find(address);
        if (i >= 0 && Unsigned.le(size - 1, flat.last(i) - address)) {
            long within = address - flat.start(i);
            if (flat.isRam(i)) {
                return OffHeap.getAcquire(flat.hostAddress(i) + within, size);
            }
            return readDevice(flat, i, within, address, size);
        }
        return readSlow(flat, i, address, size);
    }

    private long readSlow(FlatView flat, int i, long address, int size) {
        if (i < 0 && gapCovers(flat, i, address, size)) {
            unassigned.read(address, size);
            return MemoryRegion.sizeMask(size);
        }
        long value = 0;
        int done = 0;
        while (done < size) {
            int piece = piece(flat, address + done, size - done);
            value |= read(address + done, piece) << 8 * done;
            done += piece;
        }
        return value;
    }

    private long readDevice(FlatView flat, int i, long within, long address, int size) {
        DeviceWindow window = flat.region(i).window();
        if (window != null && window.enter()) {
            try {
                return window.read(flat.offsetInRegion(i) + within, size);
            } finally {
                window.leave();
            }
        }
        lock.lock();
        try {
            if (flat == view) {
                return flat.region(i).dispatchRead(flat.offsetInRegion(i) + within, size);
            }
        } finally {
            lock.unlock();
        }
        // The layout changed before the lock was ours: the region may be gone.
        return read(address, size);
    }

    /**
     * Writes.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @param value bits above the size are ignored
     */
    public void write(long address, int size, long value) {
        FlatView flat = view;
        int i = flat.find(address);
        if (i >= 0 && Unsigned.le(size - 1, flat.last(i) - address)) {
            long within = address - flat.start(i);
            if (flat.isWritable(i)) {
                OffHeap.putRelease(flat.hostAddress(i) + within, size, value);
                Objects.requireNonNull(flat.block(i)).noteWrite(flat.offsetInRegion(i) + within, size);
            } else {
                writeDevice(flat, i, within, address, size, value);
            }
            return;
        }
        writeSlow(flat, i, address, size, value);
    }

    private void writeSlow(FlatView flat, int i, long address, int size, long value) {
        if (i < 0 && gapCovers(flat, i, address, size)) {
            unassigned.write(address, size, value);
            return;
        }
        int done = 0;
        while (done < size) {
            int piece = piece(flat, address + done, size - done);
            write(address + done, piece, value >>> 8 * done);
            done += piece;
        }
    }

    private void writeDevice(FlatView flat, int i, long within, long address, int size, long value) {
        DeviceWindow window = flat.region(i).window();
        if (window != null && window.enter()) {
            try {
                window.write(flat.offsetInRegion(i) + within, size, value);
            } finally {
                window.leave();
            }
            return;
        }
        lock.lock();
        try {
            if (flat == view) {
                flat.region(i).dispatchWrite(flat.offsetInRegion(i) + within, size, value);
                return;
            }
        } finally {
            lock.unlock();
        }
        write(address, size, value);
    }

    /** Whether no range touches {@code [address, address + size)}; {@code i} is what {@link FlatView#find} answered. */
    private static boolean gapCovers(FlatView flat, int i, long address, int size) {
        int next = -1 - i;
        return next == flat.count() ? Unsigned.le(address, -size) : Unsigned.le(size, flat.start(next) - address);
    }

    /** The largest naturally aligned power of two that fits in {@code limit} bytes and in one range or gap. */
    private static int piece(FlatView flat, long address, int limit) {
        int i = flat.find(address);
        long room;
        if (i >= 0) {
            room = flat.last(i) - address;
        } else if (-1 - i < flat.count()) {
            room = flat.start(-1 - i) - 1 - address;
        } else {
            room = -1 - address;
        }
        long bytes = Unsigned.lt(room, limit - 1) ? room + 1 : limit;
        return (int) Math.min(Long.highestOneBit(bytes), Long.lowestOneBit(address | 8));
    }

    // ---- bulk accesses

    /** Reads {@code length} bytes into an array. */
    public void read(long address, byte[] to, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, to.length);
        int done = 0;
        while (done < length) {
            long at = address + done;
            FlatView flat = view;
            int i = flat.find(at);
            if (i >= 0 && flat.isRam(i)) {
                int run = (int) run(flat, i, at, length - done);
                OffHeap.copyOut(flat.hostAddress(i) + (at - flat.start(i)), to, offset + done, run);
                done += run;
            } else {
                int piece = piece(flat, at, length - done);
                long value = read(at, piece);
                for (int n = 0; n < piece; n++) {
                    to[offset + done + n] = (byte) (value >>> 8 * n);
                }
                done += piece;
            }
        }
    }

    /** Reads as many bytes as the array holds. */
    public void read(long address, byte[] to) {
        read(address, to, 0, to.length);
    }

    /** Writes {@code length} bytes from an array. */
    public void write(long address, byte[] from, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, from.length);
        int done = 0;
        while (done < length) {
            long at = address + done;
            FlatView flat = view;
            int i = flat.find(at);
            if (i >= 0 && flat.isWritable(i)) {
                int run = (int) run(flat, i, at, length - done);
                OffHeap.copyIn(from, offset + done, flat.hostAddress(i) + (at - flat.start(i)), run);
                noteWrite(flat, i, at, run);
                done += run;
            } else {
                int piece = piece(flat, at, length - done);
                long value = 0;
                for (int n = 0; n < piece; n++) {
                    value |= (from[offset + done + n] & 0xffL) << 8 * n;
                }
                write(at, piece, value);
                done += piece;
            }
        }
    }

    /** Writes the whole array. */
    public void write(long address, byte[] from) {
        write(address, from, 0, from.length);
    }

    /** Copies {@code length} bytes of host memory to the guest. */
    public void copyIn(long address, long host, long length) {
        long done = 0;
        while (done < length) {
            long at = address + done;
            FlatView flat = view;
            int i = flat.find(at);
            if (i >= 0 && flat.isWritable(i)) {
                long run = run(flat, i, at, length - done);
                OffHeap.copy(host + done, flat.hostAddress(i) + (at - flat.start(i)), run);
                noteWrite(flat, i, at, run);
                done += run;
            } else {
                int piece = piece(flat, at, (int) Math.min(8, length - done));
                write(at, piece, OffHeap.getAcquire(host + done, piece));
                done += piece;
            }
        }
    }

    /** Copies {@code length} bytes of guest memory to the host. */
    public void copyOut(long address, long host, long length) {
        long done = 0;
        while (done < length) {
            long at = address + done;
            FlatView flat = view;
            int i = flat.find(at);
            if (i >= 0 && flat.isRam(i)) {
                long run = run(flat, i, at, length - done);
                OffHeap.copy(flat.hostAddress(i) + (at - flat.start(i)), host + done, run);
                done += run;
            } else {
                int piece = piece(flat, at, (int) Math.min(8, length - done));
                OffHeap.putRelease(host + done, piece, read(at, piece));
                done += piece;
            }
        }
    }

    /** Sets {@code length} bytes of guest memory to {@code value}. */
    public void fill(long address, long length, int value) {
        long pattern = (value & 0xffL) * 0x0101_0101_0101_0101L;
        long done = 0;
        while (done < length) {
            long at = address + done;
            FlatView flat = view;
            int i = flat.find(at);
            if (i >= 0 && flat.isWritable(i)) {
                long run = run(flat, i, at, length - done);
                OffHeap.fill(flat.hostAddress(i) + (at - flat.start(i)), run, value);
                noteWrite(flat, i, at, run);
                done += run;
            } else {
                int piece = piece(flat, at, (int) Math.min(8, length - done));
                write(at, piece, pattern);
                done += piece;
            }
        }
    }

    private static long run(FlatView flat, int i, long at, long limit) {
        long room = flat.last(i) - at;
        return Unsigned.lt(room, limit - 1) ? room + 1 : limit;
    }

    private static void noteWrite(FlatView flat, int i, long at, long length) {
        Objects.requireNonNull(flat.block(i)).noteWrite(flat.offsetInRegion(i) + (at - flat.start(i)), length);
    }

    /**
     * The host address of {@code length} bytes of guest memory that lie in one piece of RAM, or 0 if they do not. It is
     * good until the layout changes. Whoever writes there calls {@link #noteWrite} afterwards.
     *
     * @param length at least 1
     * @param write whether it will be written; read-only memory then answers 0
     */
    public long hostPointer(long address, long length, boolean write) {
        FlatView flat = view;
        int i = flat.find(address);
        if (i < 0 || !(write ? flat.isWritable(i) : flat.isRam(i)) || Unsigned.lt(flat.last(i) - address, length - 1)) {
            return 0;
        }
        return flat.hostAddress(i) + (address - flat.start(i));
    }

    /** Records a write of {@code length} bytes that was made through {@link #hostPointer}. */
    public void noteWrite(long address, long length) {
        FlatView flat = view;
        int i = flat.find(address);
        if (i >= 0 && flat.isWritable(i)) {
            noteWrite(flat, i, address, run(flat, i, address, length));
        }
    }

    @Override
    public String toString() {
        return name + "\n" + view;
    }
}
