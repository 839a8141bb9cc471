package dev.veery.dma;

import dev.veery.base.Unsigned;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Memory as one requester reaches it; only a committed {@link DmaPlanner} has any. Addresses are I/O virtual. An access
 * whose status is not {@link DmaStatus#OK} has touched nothing from the first refused byte on.
 */
public final class DmaDomain {
    /** First address of the window where writes are interrupts, not memory (SDM vol. 3, 11.11.1; VT-d 3.14). */
    public static final long INTERRUPT_WINDOW = 0xfee0_0000L;

    private static final long INTERRUPT_WINDOW_SIZE = 1 << 20;

    private final DmaDomainLease lease;
    private final AddressSpace memory;
    private final @Nullable TranslationUnit unit;
    private final MsiSink msi;
    private final int pasid;
    private final Translation translation = new Translation();
    private final DmaSlice scratch = new DmaSlice();
    private int status;

    DmaDomain(DmaDomainLease lease, AddressSpace memory, @Nullable TranslationUnit unit, MsiSink msi, int pasid) {
        this.lease = lease;
        this.memory = memory;
        this.unit = unit;
        this.msi = msi;
        this.pasid = pasid;
    }

    /** The same requester's view as its transactions with a process address space id, 20 bits, have it. */
    public DmaDomain withPasid(int id) {
        return new DmaDomain(lease, memory, unit, msi, id);
    }

    /** What it was resolved from. */
    public DmaDomainLease lease() {
        return lease;
    }

    /** Whether a unit translates. */
    public boolean translated() {
        return unit != null;
    }

    /** How the last access ended. */
    public int status() {
        return status;
    }

    private int end(int result) {
        status = result;
        return result;
    }

    /**
     * Finds the memory behind an address.
     *
     * @param length how many bytes are wanted, at least 1
     * @param write whether they will be written
     * @param out the memory: at least one byte, at most {@code length}, less where the next byte lies elsewhere on the
     *     host; empty unless {@link DmaStatus#OK}
     * @return a {@link DmaStatus}
     */
    public int slice(long iova, long length, boolean write, DmaSlice out) {
        out.clear();
        if (!lease.requester().mastering()) {
            return end(DmaStatus.NOT_MASTER);
        }
        if (Unsigned.lt(iova - INTERRUPT_WINDOW, INTERRUPT_WINDOW_SIZE)) {
            return end(DmaStatus.NOT_RAM);
        }
        long address = iova;
        long run = length;
        TranslationUnit by = unit;
        if (by != null) {
            int access = write ? TranslationUnit.WRITE : TranslationUnit.READ;
            int result = by.translate(lease.requester().id(), pasid, iova, access, translation);
            if (result != DmaStatus.OK) {
                return end(result);
            }
            address = translation.address();
            run = Unsigned.lt(translation.length(), run) ? translation.length() : run;
        }
        FlatView view = memory.view();
        int i = view.find(address);
        if (i < 0 || !(write ? view.isWritable(i) : view.isRam(i))) {
            return end(DmaStatus.NOT_RAM);
        }
        RamBlock block = Objects.requireNonNull(view.block(i));
        long within = address - view.start(i);
        long room = view.last(i) - address;
        run = Unsigned.lt(room, run - 1) ? room + 1 : run;
        out.set(block, view.offsetInRegion(i) + within, run);
        return end(DmaStatus.OK);
    }

    /** Copies {@code length} bytes of the guest's to host memory; a {@link DmaStatus}. */
    public int read(long iova, long host, long length) {
        long done = 0;
        while (done < length) {
            if (slice(iova + done, length - done, false, scratch) != DmaStatus.OK) {
                return status;
            }
            OffHeap.copy(scratch.host(), host + done, scratch.length());
            done += scratch.length();
        }
        return end(DmaStatus.OK);
    }

    /** Copies {@code length} bytes of host memory to the guest; a {@link DmaStatus}. */
    public int write(long iova, long host, long length) {
        long done = 0;
        while (done < length) {
            if (slice(iova + done, length - done, true, scratch) != DmaStatus.OK) {
                return status;
            }
            OffHeap.copy(host + done, scratch.host(), scratch.length());
            scratch.written(scratch.length());
            done += scratch.length();
        }
        return end(DmaStatus.OK);
    }

    /** Sets {@code length} bytes of the guest's to {@code value}; a {@link DmaStatus}. */
    public int fill(long iova, long length, int value) {
        long done = 0;
        while (done < length) {
            if (slice(iova + done, length - done, true, scratch) != DmaStatus.OK) {
                return status;
            }
            OffHeap.fill(scratch.host(), scratch.length(), value);
            scratch.written(scratch.length());
            done += scratch.length();
        }
        return end(DmaStatus.OK);
    }

    /**
     * Reads a little-endian number; later accesses stay behind it. A naturally aligned one is read in one piece.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @return zero-extended; all ones of that size unless {@link #status} is {@link DmaStatus#OK}
     */
    public long load(long iova, int size) {
        if (slice(iova, size, false, scratch) != DmaStatus.OK) {
            return -1L >>> 64 - 8 * size;
        }
        if (scratch.length() < size) {
            return loadBytes(iova, size);
        }
        return OffHeap.getAcquire(scratch.host(), size);
    }

    private long loadBytes(long iova, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            if (slice(iova + i, 1, false, scratch) != DmaStatus.OK) {
                return -1L >>> 64 - 8 * size;
            }
            value |= (OffHeap.getByteAcquire(scratch.host()) & 0xffL) << 8 * i;
        }
        return value;
    }

    /**
     * Writes a little-endian number behind all earlier accesses. A naturally aligned one is written in one piece; an
     * aligned dword in the interrupt window is an interrupt.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @return a {@link DmaStatus}
     */
    public int store(long iova, int size, long value) {
        if (size == Integer.BYTES && (iova & 3) == 0 && Unsigned.lt(iova - INTERRUPT_WINDOW, INTERRUPT_WINDOW_SIZE)) {
            if (!lease.requester().mastering()) {
                return end(DmaStatus.NOT_MASTER);
            }
            msi.send(lease.requester().id(), iova, (int) value);
            return end(DmaStatus.OK);
        }
        if (slice(iova, size, true, scratch) != DmaStatus.OK) {
            return status;
        }
        if (scratch.length() < size) {
            return storeBytes(iova, size, value);
        }
        OffHeap.putRelease(scratch.host(), size, value);
        scratch.written(size);
        return status;
    }

    private int storeBytes(long iova, int size, long value) {
        for (int i = 0; i < size; i++) {
            if (slice(iova + i, 1, true, scratch) != DmaStatus.OK) {
                return status;
            }
            OffHeap.putByteRelease(scratch.host(), (int) (value >>> 8 * i));
            scratch.written(1);
        }
        return status;
    }

    /**
     * Tells {@code listener} of this requester's mappings, now and as they change.
     *
     * @throws IllegalStateException unless the lease is to {@link DmaDomainLease.Purpose#MIRROR_MAPPINGS}
     */
    public void mirror(MappingListener listener) {
        if (lease.purpose() != DmaDomainLease.Purpose.MIRROR_MAPPINGS) {
            throw new IllegalStateException(lease + " does not mirror mappings");
        }
        TranslationUnit by = unit;
        if (by == null) {
            listener.identity(true);
        } else {
            by.mirror(lease, listener);
        }
    }
}
