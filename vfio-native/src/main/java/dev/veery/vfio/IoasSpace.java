package dev.veery.vfio;

import dev.veery.dma.TranslationUnit;
import dev.veery.linux.abi.Iommufds;
import dev.veery.linux.iommufd.Iommufd;
import dev.veery.linux.vfio.IommuInfo;

/** An address space of iommufd's. */
final class IoasSpace implements HostSpace {
    private final Iommufd iommufd;
    private final int id;

    IoasSpace(Iommufd iommufd) {
        this.iommufd = iommufd;
        id = iommufd.allocate();
    }

    Iommufd iommufd() {
        return iommufd;
    }

    int id() {
        return id;
    }

    @Override
    public int map(long iova, long host, long size, int access) {
        int flags = ((access & TranslationUnit.READ) != 0 ? Iommufds.IOMMU_IOAS_MAP_READABLE : 0)
                | ((access & TranslationUnit.WRITE) != 0 ? Iommufds.IOMMU_IOAS_MAP_WRITEABLE : 0);
        return iommufd.map(id, iova, host, size, flags);
    }

    @Override
    public int unmap(long iova, long size) {
        return iommufd.unmap(id, iova, size);
    }

    @Override
    public IommuInfo info() {
        return iommufd.info(id);
    }

    @Override
    public void close() {
        iommufd.destroy(id);
    }

    @Override
    public String toString() {
        return "IOAS " + id;
    }
}
