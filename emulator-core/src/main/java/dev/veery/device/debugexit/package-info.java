/**
 * The debug exit port, by which a test guest ends the emulator with a status.
 *
 * <p>Source: QEMU's {@code isa-debug-exit}, as kvm-unit-tests use it. Modelled whole.
 */
@NullMarked
package dev.veery.device.debugexit;

import org.jspecify.annotations.NullMarked;
