package dev.veery.bus.pci;

/**
 * What a function says it is.
 *
 * @param vendor vendor id
 * @param device device id
 * @param revision revision id
 * @param classCode base class, subclass and programming interface, 24 bits
 * @param subsystemVendor subsystem vendor id
 * @param subsystem subsystem id
 */
public record PciIdentity(int vendor, int device, int revision, int classCode, int subsystemVendor, int subsystem) {}
