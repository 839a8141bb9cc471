/**
 * VFIO's file descriptors, one class a kind: containers and groups, as all kernels have them, and devices ({@code
 * linux/vfio.h}; Documentation/driver-api/vfio.rst of Linux 6.12). Failures are {@link dev.veery.linux.sys.SysException}s;
 * capability chains, which come from the kernel, are walked with a bound all the same.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.vfio;
