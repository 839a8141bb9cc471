/**
 * Conventional PCI and the configuration side of PCI Express: PCI Local Bus 3.0 chapter 6 (configuration space, base
 * addresses, interrupt pins), PCI Express Base 5.0 section 7.2 (ECAM).
 *
 * <p>Modelled: configuration mechanism 1 and ECAM, base addresses of every kind with sizing and decode enables, expansion
 * ROMs, interrupt pins with sharing and swizzling, capability chains, MSI and MSI-X. Prepared but not yet here: bridges
 * (a device may answer {@link dev.veery.bus.pci.PciDevice#secondaryBus}) and devices' own memory access.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.bus.pci;
