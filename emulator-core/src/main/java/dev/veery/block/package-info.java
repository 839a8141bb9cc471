/**
 * Disks of the host: what {@code -drive} and {@code -blockdev} open. An image reads and writes guest memory in place; it may
 * block and is therefore used by a {@link dev.veery.block.DiskQueue}, whose thread takes the machine lock only to report.
 *
 * <p>Modelled: raw files with the cache modes, locking between processes, discard, and a disk of zeros. Not modelled: other
 * formats, backing files, snapshots, throttling.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.block;
