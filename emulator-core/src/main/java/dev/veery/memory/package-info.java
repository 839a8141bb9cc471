/**
 * Guest physical memory and port space: a tree of {@link dev.veery.memory.MemoryRegion}s is rendered into an immutable
 * {@link dev.veery.memory.FlatView} of an {@link dev.veery.memory.AddressSpace}.
 *
 * <p>Modelled: RAM, ROM, device registers, aliases and containers with overlapping children of different priority;
 * read-only switches as PAM needs them; access widths per device, with splitting and merging as a bus does it; listeners
 * that follow the layout (a KVM slot table, a VFIO mapper, a TLB); a dirty log with any number of readers; and a map of
 * the guest code that an engine has decoded.
 *
 * <p>Not modelled: bus errors. An access that nothing answers reads as all ones and its writes are dropped, as on a PC.
 *
 * <p>The layout changes only with the {@link dev.veery.base.MachineLock} held. Views are published with a volatile write
 * and read without a lock.
 */
@NullMarked
package dev.veery.memory;

import org.jspecify.annotations.NullMarked;
