/**
 * The firmware configuration device: a PC's board hands data to its firmware and kernel through it.
 *
 * <p>Source: "QEMU Firmware Configuration (fw_cfg) Device", docs/specs/fw_cfg in QEMU's documentation, x86 register
 * layout. Modelled: selector and data port, signature and revision, well-known items, the file directory, DMA with read,
 * write, skip and select, files that the guest writes. Writes to the data port are ignored, as they have been since the
 * DMA interface took their place. DMA reaches guest RAM only: a descriptor or buffer anywhere else ends in the error bit,
 * so that a guest cannot make this device touch another device's registers.
 */
@NullMarked
package dev.veery.device.fwcfg;

import org.jspecify.annotations.NullMarked;
