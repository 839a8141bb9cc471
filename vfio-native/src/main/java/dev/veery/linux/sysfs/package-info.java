/**
 * PCI devices and IOMMU groups as Linux shows them in sysfs (Documentation/ABI/testing/sysfs-bus-pci,
 * sysfs-kernel-iommu_groups, sysfs-driver-vfio), read from {@code /sys} or from a copy of it. Nothing here opens a device or
 * needs privileges; what only root may read is absent, and says so.
 *
 * <p>{@link dev.veery.linux.sysfs.HostUse} says what the host needs a device for; {@link dev.veery.linux.sysfs.DriverBinding}
 * is the only class here that writes.
 *
 * <p>Files are read whole, up to a bound, and names are checked before they become a part of a path; a link that leaves the
 * tree is an error. A tree that makes no sense ends in a {@link dev.veery.base.ConfigException} that names the file.
 */
@NullMarked
package dev.veery.linux.sysfs;

import org.jspecify.annotations.NullMarked;
