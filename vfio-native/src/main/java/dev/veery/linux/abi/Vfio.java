package dev.veery.linux.abi;

/**
 * {@code linux/vfio.h}: requests, flags and structures of VFIO, as far as PCI devices and type 1 IOMMUs go. Names and values
 * are the header's; sizes and offsets carry the C expression they stand for.
 */
public final class Vfio {
    public static final int VFIO_API_VERSION = 0;
    public static final int VFIO_TYPE1_IOMMU = 1;
    public static final int VFIO_TYPE1v2_IOMMU = 3;
    public static final int VFIO_NOIOMMU_IOMMU = 8;

    // Requests: on a container, a group or a device.
    public static final long VFIO_GET_API_VERSION = 0x3b64L;
    public static final long VFIO_CHECK_EXTENSION = 0x3b65L;
    public static final long VFIO_SET_IOMMU = 0x3b66L;
    public static final long VFIO_GROUP_GET_STATUS = 0x3b67L;
    public static final long VFIO_GROUP_SET_CONTAINER = 0x3b68L;
    public static final long VFIO_GROUP_UNSET_CONTAINER = 0x3b69L;
    public static final long VFIO_GROUP_GET_DEVICE_FD = 0x3b6aL;
    public static final long VFIO_DEVICE_GET_INFO = 0x3b6bL;
    public static final long VFIO_DEVICE_GET_REGION_INFO = 0x3b6cL;
    public static final long VFIO_DEVICE_GET_IRQ_INFO = 0x3b6dL;
    public static final long VFIO_DEVICE_SET_IRQS = 0x3b6eL;
    public static final long VFIO_DEVICE_RESET = 0x3b6fL;
    public static final long VFIO_DEVICE_GET_PCI_HOT_RESET_INFO = 0x3b70L;
    public static final long VFIO_DEVICE_PCI_HOT_RESET = 0x3b71L;
    public static final long VFIO_IOMMU_GET_INFO = 0x3b70L;
    public static final long VFIO_IOMMU_MAP_DMA = 0x3b71L;
    public static final long VFIO_IOMMU_UNMAP_DMA = 0x3b72L;

    public static final int VFIO_GROUP_FLAGS_VIABLE = 1;
    public static final int VFIO_GROUP_FLAGS_CONTAINER_SET = 2;

    public static final int VFIO_DEVICE_FLAGS_RESET = 1;
    public static final int VFIO_DEVICE_FLAGS_PCI = 2;

    public static final int VFIO_REGION_INFO_FLAG_READ = 1;
    public static final int VFIO_REGION_INFO_FLAG_WRITE = 2;
    public static final int VFIO_REGION_INFO_FLAG_MMAP = 4;
    public static final int VFIO_REGION_INFO_FLAG_CAPS = 8;
    public static final int VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;
    public static final int VFIO_REGION_INFO_CAP_MSIX_MAPPABLE = 3;

    public static final int VFIO_PCI_BAR0_REGION_INDEX = 0;
    public static final int VFIO_PCI_ROM_REGION_INDEX = 6;
    public static final int VFIO_PCI_CONFIG_REGION_INDEX = 7;

    public static final int VFIO_PCI_INTX_IRQ_INDEX = 0;
    public static final int VFIO_PCI_MSI_IRQ_INDEX = 1;
    public static final int VFIO_PCI_MSIX_IRQ_INDEX = 2;
    public static final int VFIO_PCI_ERR_IRQ_INDEX = 3;
    public static final int VFIO_PCI_REQ_IRQ_INDEX = 4;

    public static final int VFIO_IRQ_INFO_EVENTFD = 1;
    public static final int VFIO_IRQ_INFO_MASKABLE = 2;
    public static final int VFIO_IRQ_INFO_AUTOMASKED = 4;
    public static final int VFIO_IRQ_INFO_NORESIZE = 8;

    public static final int VFIO_IRQ_SET_DATA_NONE = 1;
    public static final int VFIO_IRQ_SET_DATA_BOOL = 2;
    public static final int VFIO_IRQ_SET_DATA_EVENTFD = 4;
    public static final int VFIO_IRQ_SET_ACTION_MASK = 8;
    public static final int VFIO_IRQ_SET_ACTION_UNMASK = 0x10;
    public static final int VFIO_IRQ_SET_ACTION_TRIGGER = 0x20;

    public static final int VFIO_IOMMU_INFO_PGSIZES = 1;
    public static final int VFIO_IOMMU_INFO_CAPS = 2;
    public static final int VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
    public static final int VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;
    public static final int VFIO_DMA_MAP_FLAG_READ = 1;
    public static final int VFIO_DMA_MAP_FLAG_WRITE = 2;

    // Structures.

    @CExpression("sizeof(struct vfio_group_status)")
    public static final int SIZEOF_GROUP_STATUS = 8;

    @CExpression("offsetof(struct vfio_group_status, flags)")
    public static final int GROUP_STATUS_FLAGS = 4;

    @CExpression("sizeof(struct vfio_device_info)")
    public static final int SIZEOF_DEVICE_INFO = 20;

    @CExpression("offsetof(struct vfio_device_info, flags)")
    public static final int DEVICE_INFO_FLAGS = 4;

    @CExpression("offsetof(struct vfio_device_info, num_regions)")
    public static final int DEVICE_INFO_REGIONS = 8;

    @CExpression("offsetof(struct vfio_device_info, num_irqs)")
    public static final int DEVICE_INFO_IRQS = 12;

    @CExpression("sizeof(struct vfio_info_cap_header)")
    public static final int SIZEOF_CAP_HEADER = 8;

    @CExpression("offsetof(struct vfio_info_cap_header, next)")
    public static final int CAP_HEADER_NEXT = 4;

    @CExpression("sizeof(struct vfio_region_info)")
    public static final int SIZEOF_REGION_INFO = 32;

    @CExpression("offsetof(struct vfio_region_info, flags)")
    public static final int REGION_INFO_FLAGS = 4;

    @CExpression("offsetof(struct vfio_region_info, index)")
    public static final int REGION_INFO_INDEX = 8;

    @CExpression("offsetof(struct vfio_region_info, cap_offset)")
    public static final int REGION_INFO_CAP_OFFSET = 12;

    @CExpression("offsetof(struct vfio_region_info, size)")
    public static final int REGION_INFO_SIZE = 16;

    @CExpression("offsetof(struct vfio_region_info, offset)")
    public static final int REGION_INFO_OFFSET = 24;

    @CExpression("offsetof(struct vfio_region_info_cap_sparse_mmap, nr_areas)")
    public static final int SPARSE_MMAP_COUNT = 8;

    @CExpression("offsetof(struct vfio_region_info_cap_sparse_mmap, areas)")
    public static final int SPARSE_MMAP_AREAS = 16;

    @CExpression("sizeof(struct vfio_region_sparse_mmap_area)")
    public static final int SIZEOF_SPARSE_AREA = 16;

    @CExpression("sizeof(struct vfio_irq_info)")
    public static final int SIZEOF_IRQ_INFO = 16;

    @CExpression("offsetof(struct vfio_irq_info, flags)")
    public static final int IRQ_INFO_FLAGS = 4;

    @CExpression("offsetof(struct vfio_irq_info, index)")
    public static final int IRQ_INFO_INDEX = 8;

    @CExpression("offsetof(struct vfio_irq_info, count)")
    public static final int IRQ_INFO_COUNT = 12;

    @CExpression("sizeof(struct vfio_irq_set)")
    public static final int SIZEOF_IRQ_SET = 20;

    @CExpression("offsetof(struct vfio_irq_set, flags)")
    public static final int IRQ_SET_FLAGS = 4;

    @CExpression("offsetof(struct vfio_irq_set, index)")
    public static final int IRQ_SET_INDEX = 8;

    @CExpression("offsetof(struct vfio_irq_set, start)")
    public static final int IRQ_SET_START = 12;

    @CExpression("offsetof(struct vfio_irq_set, count)")
    public static final int IRQ_SET_COUNT = 16;

    @CExpression("sizeof(struct vfio_pci_hot_reset_info)")
    public static final int SIZEOF_HOT_RESET_INFO = 12;

    @CExpression("offsetof(struct vfio_pci_hot_reset_info, flags)")
    public static final int HOT_RESET_INFO_FLAGS = 4;

    @CExpression("offsetof(struct vfio_pci_hot_reset_info, count)")
    public static final int HOT_RESET_INFO_COUNT = 8;

    @CExpression("sizeof(struct vfio_pci_dependent_device)")
    public static final int SIZEOF_DEPENDENT_DEVICE = 8;

    @CExpression("offsetof(struct vfio_pci_dependent_device, group_id)")
    public static final int DEPENDENT_DEVICE_GROUP = 0;

    @CExpression("offsetof(struct vfio_pci_dependent_device, segment)")
    public static final int DEPENDENT_DEVICE_SEGMENT = 4;

    @CExpression("offsetof(struct vfio_pci_dependent_device, bus)")
    public static final int DEPENDENT_DEVICE_BUS = 6;

    @CExpression("offsetof(struct vfio_pci_dependent_device, devfn)")
    public static final int DEPENDENT_DEVICE_DEVFN = 7;

    @CExpression("sizeof(struct vfio_pci_hot_reset)")
    public static final int SIZEOF_HOT_RESET = 12;

    @CExpression("offsetof(struct vfio_pci_hot_reset, count)")
    public static final int HOT_RESET_COUNT = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_info, flags)")
    public static final int IOMMU_INFO_FLAGS = 4;

    @CExpression("offsetof(struct vfio_iommu_type1_info, iova_pgsizes)")
    public static final int IOMMU_INFO_PAGE_SIZES = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_info, cap_offset)")
    public static final int IOMMU_INFO_CAP_OFFSET = 16;

    @CExpression("sizeof(struct vfio_iommu_type1_info)")
    public static final int SIZEOF_IOMMU_INFO = 24;

    @CExpression("offsetof(struct vfio_iommu_type1_info_cap_iova_range, nr_iovas)")
    public static final int IOVA_RANGE_COUNT = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_info_cap_iova_range, iova_ranges)")
    public static final int IOVA_RANGES = 16;

    @CExpression("sizeof(struct vfio_iova_range)")
    public static final int SIZEOF_IOVA_RANGE = 16;

    @CExpression("offsetof(struct vfio_iova_range, end)")
    public static final int IOVA_RANGE_END = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_info_dma_avail, avail)")
    public static final int DMA_AVAIL_COUNT = 8;

    @CExpression("sizeof(struct vfio_iommu_type1_dma_map)")
    public static final int SIZEOF_DMA_MAP = 32;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_map, flags)")
    public static final int DMA_MAP_FLAGS = 4;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_map, vaddr)")
    public static final int DMA_MAP_VADDR = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_map, iova)")
    public static final int DMA_MAP_IOVA = 16;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_map, size)")
    public static final int DMA_MAP_SIZE = 24;

    @CExpression("sizeof(struct vfio_iommu_type1_dma_unmap)")
    public static final int SIZEOF_DMA_UNMAP = 24;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_unmap, flags)")
    public static final int DMA_UNMAP_FLAGS = 4;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_unmap, iova)")
    public static final int DMA_UNMAP_IOVA = 8;

    @CExpression("offsetof(struct vfio_iommu_type1_dma_unmap, size)")
    public static final int DMA_UNMAP_SIZE = 16;

    private Vfio() {}
}
