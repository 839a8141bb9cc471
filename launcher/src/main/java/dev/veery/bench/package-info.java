/**
 * {@code veery bench}: runs one static guest program under Veery and under the host's QEMU, alternately, and compares. A figure
 * is the median of several runs; what counts is the ratio, because a host's own speed changes from minute to minute.
 *
 * <p>The guest is Debian's kernel, or any other Linux bzImage, with an initial RAM disk that holds nothing but the
 * program, which is compiled from {@code kernels.c} by the host's C compiler. For disks, networks and the IOMMU it is
 * {@code devices.c}, with drivers; what is behind the devices is {@link dev.veery.bench.DiskFile} and {@link
 * dev.veery.bench.FramePeer}.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.bench;
