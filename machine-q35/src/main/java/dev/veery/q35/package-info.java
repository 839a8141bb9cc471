/**
 * The Q35 board: the only code that knows addresses and interrupt numbers ({@link dev.veery.q35.Q35MemoryMap},
 * {@link dev.veery.q35.Q35IrqMap}) and wires chips together ({@link dev.veery.q35.Q35Machine}).
 *
 * <p>The layout follows QEMU's pc-q35 machine where a guest or a script can see it.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.q35;
