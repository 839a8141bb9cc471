package dev.veery.vfio;

import dev.veery.linux.vfio.IommuInfo;

/** An address space in the host's IOMMU: a container of VFIO's, or an address space of iommufd's. */
interface HostSpace extends AutoCloseable {
    /**
     * Maps and pins host memory.
     *
     * @param access bits of {@link dev.veery.dma.TranslationUnit}
     * @return 0, or a negative error number
     */
    int map(long iova, long host, long size, int access);

    /**
     * Unmaps whole mappings; on return no device reaches them any more.
     *
     * @return 0, or a negative error number
     */
    int unmap(long iova, long size);

    /** What it takes, with the devices that are in it now. */
    IommuInfo info();

    @Override
    void close();
}
