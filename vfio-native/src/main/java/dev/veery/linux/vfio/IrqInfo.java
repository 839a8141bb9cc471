package dev.veery.linux.vfio;

import dev.veery.linux.abi.Vfio;

/**
 * A kind of interrupt that a device has.
 *
 * @param index {@code VFIO_PCI_*_IRQ_INDEX}
 * @param flags {@code VFIO_IRQ_INFO_*}
 * @param count how many; 0 for none
 */
public record IrqInfo(int index, int flags, int count) {
    /** Whether an eventfd can be signalled. */
    public boolean usable() {
        return count > 0 && (flags & Vfio.VFIO_IRQ_INFO_EVENTFD) != 0;
    }
}
