/**
 * iommufd, the address spaces for devices of Linux 6.6 and later ({@code linux/iommufd.h};
 * Documentation/userspace-api/iommufd.rst). Devices are bound and attached by {@link dev.veery.linux.vfio.VfioDevice}.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.iommufd;
