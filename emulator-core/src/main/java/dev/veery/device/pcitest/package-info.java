/**
 * The PCI device 1b36:0005 by which test kernels measure and check low-level access (QEMU, docs/specs/pci-testdev):
 * a memory BAR and a port BAR, each with a header that describes tests, and an optional 64-bit BAR with nothing behind it.
 *
 * <p>Modelled: three tests a BAR with the header, the offset and data to write, and the count of writes that matched. The
 * tests differ by how KVM is told of the write: as an exit, by an eventfd for any value, by one for the right value. Writes
 * that an eventfd hears do not count: nobody listens to it, as in QEMU, so that it is the write that is measured.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.pcitest;
