package dev.veery.linux.iommufd;

import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Iommufds;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code /dev/iommu}: address spaces for devices. {@link #map} and {@link #unmap} share a buffer: one thread at a time.
 */
public final class Iommufd implements AutoCloseable {
    /** The file. */
    public static final String PATH = "/dev/iommu";

    private final Fd fd;
    private final long request = OffHeap.allocate(Iommufds.SIZEOF_IOAS_MAP);
    private boolean closed;

    private Iommufd(Fd fd) {
        this.fd = fd;
    }

    /**
     * Opens it.
     *
     * @throws dev.veery.linux.sys.SysException if this kernel has none, or it is not ours
     */
    public static Iommufd open() {
        return new Iommufd(Fd.open(PATH, Fcntl.O_RDWR, 0));
    }

    /** The file, for devices to be bound to. */
    public Fd fd() {
        return fd;
    }

    /** Makes an address space (IOAS) without mappings; its id. */
    public int allocate() {
        long alloc = OffHeap.allocate(Iommufds.SIZEOF_IOAS_ALLOC);
        try {
            OffHeap.putInt(alloc, Iommufds.SIZEOF_IOAS_ALLOC);
            fd.ioctl("IOMMU_IOAS_ALLOC", Iommufds.IOMMU_IOAS_ALLOC, alloc);
            return OffHeap.getInt(alloc + Iommufds.IOAS_ALLOC_ID);
        } finally {
            OffHeap.free(alloc);
        }
    }

    /** Destroys an object that nothing uses; a negative error number if something does. */
    public int destroy(int id) {
        long destroy = OffHeap.allocate(Iommufds.SIZEOF_DESTROY);
        try {
            OffHeap.putInt(destroy, Iommufds.SIZEOF_DESTROY);
            OffHeap.putInt(destroy + Iommufds.DESTROY_ID, id);
            return fd.tryIoctl(Iommufds.IOMMU_DESTROY, destroy);
        } finally {
            OffHeap.free(destroy);
        }
    }

    /** What may be mapped in an address space, with the devices attached to it now. */
    public IommuInfo info(int addressSpace) {
        int room = 0;
        while (true) {
            long query = OffHeap.allocate(Iommufds.SIZEOF_IOVA_RANGES + (long) room * Iommufds.SIZEOF_IOVA_RANGE);
            try {
                long array = query + Iommufds.SIZEOF_IOVA_RANGES;
                OffHeap.putInt(query, Iommufds.SIZEOF_IOVA_RANGES);
                OffHeap.putInt(query + Iommufds.IOVA_RANGES_IOAS, addressSpace);
                OffHeap.putInt(query + Iommufds.IOVA_RANGES_COUNT, room);
                OffHeap.putLong(query + Iommufds.IOVA_RANGES_POINTER, array);
                // EMSGSIZE says that there are more, and how many.
                int result = fd.tryIoctl(Iommufds.IOMMU_IOAS_IOVA_RANGES, query);
                int count = OffHeap.getInt(query + Iommufds.IOVA_RANGES_COUNT);
                if (result >= 0 && count <= room) {
                    List<IommuInfo.Range> ranges = new ArrayList<>();
                    for (int i = 0; i < count; i++) {
                        long range = array + (long) i * Iommufds.SIZEOF_IOVA_RANGE;
                        ranges.add(new IommuInfo.Range(
                                OffHeap.getLong(range), OffHeap.getLong(range + Iommufds.IOVA_RANGE_LAST)));
                    }
                    long alignment = OffHeap.getLong(query + Iommufds.IOVA_RANGES_ALIGNMENT);
                    return new IommuInfo(Math.max(alignment, 1), ranges, IommuInfo.UNLIMITED);
                }
                if (count <= room) {
                    return new IommuInfo(1, List.of(), IommuInfo.UNLIMITED);
                }
                room = count;
            } finally {
                OffHeap.free(query);
            }
        }
    }

    /**
     * Maps host memory at a fixed address, and pins it.
     *
     * @param flags {@code IOMMU_IOAS_MAP_*} but for the fixed address
     * @return 0, or a negative error number
     */
    public int map(int addressSpace, long iova, long host, long size, int flags) {
        OffHeap.fill(request, Iommufds.SIZEOF_IOAS_MAP, 0);
        OffHeap.putInt(request, Iommufds.SIZEOF_IOAS_MAP);
        OffHeap.putInt(request + Iommufds.IOAS_MAP_FLAGS, flags | Iommufds.IOMMU_IOAS_MAP_FIXED_IOVA);
        OffHeap.putInt(request + Iommufds.IOAS_MAP_IOAS, addressSpace);
        OffHeap.putLong(request + Iommufds.IOAS_MAP_VADDR, host);
        OffHeap.putLong(request + Iommufds.IOAS_MAP_LENGTH, size);
        OffHeap.putLong(request + Iommufds.IOAS_MAP_IOVA, iova);
        return fd.tryIoctl(Iommufds.IOMMU_IOAS_MAP, request);
    }

    /**
     * Unmaps whole mappings; returns when no device can reach them any more.
     *
     * @return 0, or a negative error number
     */
    public int unmap(int addressSpace, long iova, long size) {
        OffHeap.putInt(request, Iommufds.SIZEOF_IOAS_UNMAP);
        OffHeap.putInt(request + Iommufds.IOAS_UNMAP_IOAS, addressSpace);
        OffHeap.putLong(request + Iommufds.IOAS_UNMAP_IOVA, iova);
        OffHeap.putLong(request + Iommufds.IOAS_UNMAP_LENGTH, size);
        return fd.tryIoctl(Iommufds.IOMMU_IOAS_UNMAP, request);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            fd.close();
            OffHeap.free(request);
        }
    }
}
