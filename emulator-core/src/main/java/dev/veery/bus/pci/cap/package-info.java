/**
 * PCI capabilities: PCI Local Bus 3.0, section 6.8 (MSI and MSI-X). The registers are declared as data in the device's
 * configuration space; the classes hold what the device does with them. Not modelled yet: PCI Express, power management,
 * AER.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.bus.pci.cap;
