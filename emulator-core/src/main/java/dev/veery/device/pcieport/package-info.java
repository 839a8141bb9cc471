/**
 * Ports and bridges of PCI Express: root ports, the ports of switches, and a bridge to conventional PCI (PCI Express Base 5.0,
 * chapters 6 and 7; PCI Express to PCI Bridge 1.0).
 *
 * <p>Modelled: the type 1 header with its windows, the Express capability, slots with native hot plug (6.7) and power control,
 * secondary bus reset, MSI or MSI-X, access control and error reporting registers. As with QEMU's ports, a guest that switches
 * a slot's power and its light off lets the device go. Links are up where a device is. A device that is
 * pulled out leaves its slot empty at once. Not modelled: errors, ARI, SHPC below the bridge to conventional PCI.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.pcieport;
