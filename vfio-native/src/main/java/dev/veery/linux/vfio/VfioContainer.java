package dev.veery.linux.vfio;

import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code /dev/vfio/vfio}: one address space for the devices of the groups put into it. {@link #map} and {@link #unmap}
 * share a buffer: one thread at a time.
 */
public final class VfioContainer implements AutoCloseable {
    /** The file. */
    public static final String PATH = "/dev/vfio/vfio";

    private final Fd fd;
    private final long request = OffHeap.allocate(Vfio.SIZEOF_DMA_MAP);
    private boolean closed;

    private VfioContainer(Fd fd) {
        this.fd = fd;
    }

    /**
     * Opens an empty container.
     *
     * @throws dev.veery.linux.sys.SysException if there is no VFIO, or it is not ours
     */
    public static VfioContainer open() {
        return new VfioContainer(Fd.open(PATH, Fcntl.O_RDWR, 0));
    }

    /** The version of the interface; {@link Vfio#VFIO_API_VERSION} is known. */
    public int apiVersion() {
        return fd.ioctl("VFIO_GET_API_VERSION", Vfio.VFIO_GET_API_VERSION, 0);
    }

    /** Whether an extension, such as {@link Vfio#VFIO_TYPE1v2_IOMMU}, is there. */
    public boolean has(int extension) {
        return fd.tryIoctl(Vfio.VFIO_CHECK_EXTENSION, extension) > 0;
    }

    int number() {
        return fd.number();
    }

    /** Chooses the model of the IOMMU; needs a group. */
    public void setIommu(int type) {
        fd.ioctl("VFIO_SET_IOMMU", Vfio.VFIO_SET_IOMMU, type);
    }

    /** What the IOMMU takes, now; after {@link #setIommu}. */
    public IommuInfo info() {
        long first = OffHeap.allocate(Vfio.SIZEOF_IOMMU_INFO);
        int size;
        try {
            OffHeap.putInt(first, Vfio.SIZEOF_IOMMU_INFO);
            fd.ioctl("VFIO_IOMMU_GET_INFO", Vfio.VFIO_IOMMU_GET_INFO, first);
            size = Math.max(OffHeap.getInt(first), Vfio.SIZEOF_IOMMU_INFO);
        } finally {
            OffHeap.free(first);
        }
        long info = OffHeap.allocate(size);
        try {
            OffHeap.putInt(info, size);
            fd.ioctl("VFIO_IOMMU_GET_INFO", Vfio.VFIO_IOMMU_GET_INFO, info);
            return parse(info, size);
        } finally {
            OffHeap.free(info);
        }
    }

    private static IommuInfo parse(long info, int size) {
        int flags = OffHeap.getInt(info + Vfio.IOMMU_INFO_FLAGS);
        boolean sizes = (flags & Vfio.VFIO_IOMMU_INFO_PGSIZES) != 0;
        long pageSizes = sizes ? OffHeap.getLong(info + Vfio.IOMMU_INFO_PAGE_SIZES) : 4096;
        boolean caps = (flags & Vfio.VFIO_IOMMU_INFO_CAPS) != 0;
        int chain = caps ? OffHeap.getInt(info + Vfio.IOMMU_INFO_CAP_OFFSET) : 0;
        List<IommuInfo.Range> ranges = new ArrayList<>();
        int at = CapChain.find(info, size, chain, Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
        if (at != 0) {
            int count = OffHeap.getInt(info + at + Vfio.IOVA_RANGE_COUNT);
            int room = (size - at - Vfio.IOVA_RANGES) / Vfio.SIZEOF_IOVA_RANGE;
            for (int i = 0; i < Math.min(count, room); i++) {
                long range = info + at + Vfio.IOVA_RANGES + (long) i * Vfio.SIZEOF_IOVA_RANGE;
                ranges.add(new IommuInfo.Range(OffHeap.getLong(range), OffHeap.getLong(range + Vfio.IOVA_RANGE_END)));
            }
        }
        at = CapChain.find(info, size, chain, Vfio.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
        long available =
                at == 0 ? IommuInfo.UNLIMITED : OffHeap.getInt(info + at + Vfio.DMA_AVAIL_COUNT) & 0xffff_ffffL;
        return new IommuInfo(pageSizes, ranges, available);
    }

    /**
     * Maps host memory for the devices, and pins it.
     *
     * @param flags {@code VFIO_DMA_MAP_FLAG_*}
     * @return 0, or a negative error number
     */
    public int map(long iova, long host, long size, int flags) {
        OffHeap.putInt(request, Vfio.SIZEOF_DMA_MAP);
        OffHeap.putInt(request + Vfio.DMA_MAP_FLAGS, flags);
        OffHeap.putLong(request + Vfio.DMA_MAP_VADDR, host);
        OffHeap.putLong(request + Vfio.DMA_MAP_IOVA, iova);
        OffHeap.putLong(request + Vfio.DMA_MAP_SIZE, size);
        return fd.tryIoctl(Vfio.VFIO_IOMMU_MAP_DMA, request);
    }

    /**
     * Unmaps whole mappings; returns when no device can reach them any more.
     *
     * @return 0, or a negative error number
     */
    public int unmap(long iova, long size) {
        OffHeap.putInt(request, Vfio.SIZEOF_DMA_UNMAP);
        OffHeap.putInt(request + Vfio.DMA_UNMAP_FLAGS, 0);
        OffHeap.putLong(request + Vfio.DMA_UNMAP_IOVA, iova);
        OffHeap.putLong(request + Vfio.DMA_UNMAP_SIZE, size);
        return fd.tryIoctl(Vfio.VFIO_IOMMU_UNMAP_DMA, request);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            fd.close();
            OffHeap.free(request);
        }
    }

    /** By its descriptor, so that two can be told apart. */
    @Override
    public String toString() {
        return "container " + fd.number();
    }
}
