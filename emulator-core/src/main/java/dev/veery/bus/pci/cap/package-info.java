/**
 * PCI capabilities: PCI Local Bus 3.0, section 6.8 (MSI and MSI-X), PCI Power Management 1.2, PCI Express Base 5.0, 7.5.3
 * (PCI Express), 7.7.11 (access control), 7.8.4 (error reporting), 7.9.3 (serial number), 10.5.1 (address translation services). The registers are
 * declared as data in the device's configuration space; the classes hold what the device does with them. Not modelled:
 * errors to report, power management events, ARI.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.bus.pci.cap;
