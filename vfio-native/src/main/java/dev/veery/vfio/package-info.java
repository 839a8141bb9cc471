/**
 * PCI devices of the host, given to the guest by VFIO (Documentation/driver-api/vfio.rst of Linux 6.12).
 *
 * <p>{@link dev.veery.vfio.VfioPciDevice} is a device of the board like any other; it opens nothing before commit, when its
 * DMA domain is known. {@link dev.veery.vfio.VfioHost} opens groups, containers and address spaces and shares them between
 * devices of one domain. What the guest maps goes through {@link dev.veery.vfio.GuestMappings} into a {@link
 * dev.veery.vfio.MappingLedger}, which mirrors what the kernel holds. Configuration space is the device's but for what {@link
 * dev.veery.vfio.ConfigOverlay} makes ours, base addresses are mapped as long as the device answers ({@link
 * dev.veery.vfio.DeviceBars}); interrupts arrive as eventfds on one thread, {@link dev.veery.vfio.EventLoop}, or in KVM.
 *
 * <p>Not modelled: migration, devices that need quirks such as graphics
 * cards with windows into their own configuration space.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.vfio;
