/**
 * The PCI device 1234:11e8 on which people learn to write drivers (QEMU, docs/specs/edu): a liveness check, factorials,
 * interrupts by pin or message, and a DMA engine with an address mask and a buffer of its own.
 *
 * <p>Modelled: all registers. A factorial is computed behind the guest's back, in no virtual time. A transfer takes a millisecond
 * of virtual time; one that leaves the buffer does nothing but end, where QEMU stops the whole machine.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.edu;
