/**
 * The debug console of the Bochs and QEMU line: a port to which firmware writes its log, one byte at a time.
 *
 * <p>Source: QEMU's {@code isa-debugcon} documentation. Modelled whole: the value read back, by which a guest knows that
 * somebody listens, and output.
 */
@NullMarked
package dev.veery.device.debugcon;

import org.jspecify.annotations.NullMarked;
