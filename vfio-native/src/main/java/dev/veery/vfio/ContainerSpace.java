package dev.veery.vfio;

import dev.veery.dma.TranslationUnit;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.vfio.IommuInfo;
import dev.veery.linux.vfio.VfioContainer;

/** A container as an address space. */
final class ContainerSpace implements HostSpace {
    private final VfioContainer container;

    ContainerSpace(VfioContainer container) {
        this.container = container;
    }

    VfioContainer container() {
        return container;
    }

    @Override
    public int map(long iova, long host, long size, int access) {
        int flags = ((access & TranslationUnit.READ) != 0 ? Vfio.VFIO_DMA_MAP_FLAG_READ : 0)
                | ((access & TranslationUnit.WRITE) != 0 ? Vfio.VFIO_DMA_MAP_FLAG_WRITE : 0);
        return container.map(iova, host, size, flags);
    }

    @Override
    public int unmap(long iova, long size) {
        return container.unmap(iova, size);
    }

    @Override
    public IommuInfo info() {
        return container.info();
    }

    @Override
    public void close() {
        container.close();
    }

    @Override
    public String toString() {
        return container.toString();
    }
}
