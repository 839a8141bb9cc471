/**
 * Virtual I/O devices as OASIS Virtio 1.2 describes them, on PCI without the legacy interface.
 *
 * <p>Modelled: split (2.7) and packed (2.8) queues with indirect descriptors and event suppression, feature negotiation,
 * the PCI transport with all five capabilities (4.1.4), MSI-X and the interrupt pin. Not modelled: legacy and transitional
 * devices, resetting single queues, in-order completion, notification data, shared memory regions, administration queues.
 *
 * <p>The driver is not trusted: a queue whose contents make no sense stops and the device asks to be reset (2.1.2); every
 * chain is bounded by {@link dev.veery.virtio.DescriptorChain#LIMIT}.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.virtio;
