package dev.veery.linux.abi;

/**
 * {@code linux/iommufd.h}, and what {@code linux/vfio.h} adds for it from Linux 6.6 on: address spaces for devices, apart from
 * VFIO's containers. Names and values are the headers'. Debian 12's headers are older, so the test compares these constants
 * only where the headers have them.
 */
public final class Iommufds {
    public static final long IOMMU_DESTROY = 0x3b80L;
    public static final long IOMMU_IOAS_ALLOC = 0x3b81L;
    public static final long IOMMU_IOAS_IOVA_RANGES = 0x3b84L;
    public static final long IOMMU_IOAS_MAP = 0x3b85L;
    public static final long IOMMU_IOAS_UNMAP = 0x3b86L;
    public static final long VFIO_DEVICE_BIND_IOMMUFD = 0x3b76L;
    public static final long VFIO_DEVICE_ATTACH_IOMMUFD_PT = 0x3b77L;
    public static final long VFIO_DEVICE_DETACH_IOMMUFD_PT = 0x3b78L;

    public static final int VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED = 2;
    public static final int IOMMU_IOAS_MAP_FIXED_IOVA = 1;
    public static final int IOMMU_IOAS_MAP_WRITEABLE = 2;
    public static final int IOMMU_IOAS_MAP_READABLE = 4;

    @CExpression("sizeof(struct iommu_destroy)")
    public static final int SIZEOF_DESTROY = 8;

    @CExpression("offsetof(struct iommu_destroy, id)")
    public static final int DESTROY_ID = 4;

    @CExpression("sizeof(struct iommu_ioas_alloc)")
    public static final int SIZEOF_IOAS_ALLOC = 12;

    @CExpression("offsetof(struct iommu_ioas_alloc, out_ioas_id)")
    public static final int IOAS_ALLOC_ID = 8;

    @CExpression("sizeof(struct iommu_ioas_iova_ranges)")
    public static final int SIZEOF_IOVA_RANGES = 32;

    @CExpression("offsetof(struct iommu_ioas_iova_ranges, ioas_id)")
    public static final int IOVA_RANGES_IOAS = 4;

    @CExpression("offsetof(struct iommu_ioas_iova_ranges, num_iovas)")
    public static final int IOVA_RANGES_COUNT = 8;

    @CExpression("offsetof(struct iommu_ioas_iova_ranges, allowed_iovas)")
    public static final int IOVA_RANGES_POINTER = 16;

    @CExpression("offsetof(struct iommu_ioas_iova_ranges, out_iova_alignment)")
    public static final int IOVA_RANGES_ALIGNMENT = 24;

    @CExpression("sizeof(struct iommu_iova_range)")
    public static final int SIZEOF_IOVA_RANGE = 16;

    @CExpression("offsetof(struct iommu_iova_range, last)")
    public static final int IOVA_RANGE_LAST = 8;

    @CExpression("sizeof(struct iommu_ioas_map)")
    public static final int SIZEOF_IOAS_MAP = 40;

    @CExpression("offsetof(struct iommu_ioas_map, flags)")
    public static final int IOAS_MAP_FLAGS = 4;

    @CExpression("offsetof(struct iommu_ioas_map, ioas_id)")
    public static final int IOAS_MAP_IOAS = 8;

    @CExpression("offsetof(struct iommu_ioas_map, user_va)")
    public static final int IOAS_MAP_VADDR = 16;

    @CExpression("offsetof(struct iommu_ioas_map, length)")
    public static final int IOAS_MAP_LENGTH = 24;

    @CExpression("offsetof(struct iommu_ioas_map, iova)")
    public static final int IOAS_MAP_IOVA = 32;

    @CExpression("sizeof(struct iommu_ioas_unmap)")
    public static final int SIZEOF_IOAS_UNMAP = 24;

    @CExpression("offsetof(struct iommu_ioas_unmap, ioas_id)")
    public static final int IOAS_UNMAP_IOAS = 4;

    @CExpression("offsetof(struct iommu_ioas_unmap, iova)")
    public static final int IOAS_UNMAP_IOVA = 8;

    @CExpression("offsetof(struct iommu_ioas_unmap, length)")
    public static final int IOAS_UNMAP_LENGTH = 16;

    @CExpression("sizeof(struct vfio_device_bind_iommufd)")
    public static final int SIZEOF_BIND = 16;

    @CExpression("offsetof(struct vfio_device_bind_iommufd, iommufd)")
    public static final int BIND_IOMMUFD = 8;

    @CExpression("offsetof(struct vfio_device_bind_iommufd, out_devid)")
    public static final int BIND_DEVICE = 12;

    @CExpression("sizeof(struct vfio_device_attach_iommufd_pt)")
    public static final int SIZEOF_ATTACH = 12;

    @CExpression("offsetof(struct vfio_device_attach_iommufd_pt, pt_id)")
    public static final int ATTACH_ID = 8;

    @CExpression("sizeof(struct vfio_device_detach_iommufd_pt)")
    public static final int SIZEOF_DETACH = 8;

    private Iommufds() {}
}
