/**
 * Conventional PCI and the configuration side of PCI Express: PCI Local Bus 3.0 chapter 6 (configuration space, base
 * addresses, interrupt pins), PCI-to-PCI Bridge Architecture 1.2, PCI Express Base 5.0 section 7.2 (ECAM).
 *
 * <p>Modelled: configuration mechanism 1 and ECAM, base addresses of every kind with sizing and decode enables, expansion
 * ROMs, interrupt pins with sharing and swizzling, capability chains, MSI and MSI-X, bridges with their windows,
 * requester ids through bridges, secondary bus and function-level reset. Not modelled: devices that reach each other past
 * memory, VGA forwarding, error reporting.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.bus.pci;
