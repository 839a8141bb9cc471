/**
 * The pvpanic port: a guest's kernel tells the host that it panicked, or that its crash kernel has taken over.
 *
 * <p>Source: "PVPANIC DEVICE", docs/specs/pvpanic in QEMU's documentation, ISA variant. Modelled whole, for the two
 * events panicked and crash loaded.
 */
@NullMarked
package dev.veery.device.pvpanic;

import org.jspecify.annotations.NullMarked;
